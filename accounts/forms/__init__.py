"""What people send, made sure of."""
