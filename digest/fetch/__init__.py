"""From the services of the world to sources: asked politely, checked, and loaded like any file."""
