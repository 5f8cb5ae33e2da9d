"""Which categories are known, and the area that groups each: the tasks of Hugging Face, and arXiv's
own, which are an area by themselves."""

from . import arxiv_categories

ARXIV = "arXiv"

AREAS: dict[str, tuple[str, ...]] = {
    "Multimodal": (
        "Image-Text-to-Text",
        "Visual Question Answering",
        "Document Question Answering",
        "Video-Text-to-Text",
        "Any-to-Any",
    ),
    "Computer Vision": (
        "Depth Estimation",
        "Image Classification",
        "Object Detection",
        "Image Segmentation",
        "Text-to-Image",
        "Image-to-Text",
        "Image-to-Image",
        "Image-to-Video",
        "Unconditional Image Generation",
        "Video Classification",
        "Text-to-Video",
        "Zero-Shot Image Classification",
        "Mask Generation",
        "Zero-Shot Object Detection",
        "Text-to-3D",
        "Image-to-3D",
        "Image Feature Extraction",
        "Keypoint Detection",
    ),
    "Natural Language Processing": (
        "Text Classification",
        "Token Classification",
        "Table Question Answering",
        "Question Answering",
        "Zero-Shot Classification",
        "Translation",
        "Summarization",
        "Feature Extraction",
        "Text Generation",
        "Text2Text Generation",
        "Fill-Mask",
        "Sentence Similarity",
    ),
    "Audio": (
        "Text-to-Speech",
        "Text-to-Audio",
        "Automatic Speech Recognition",
        "Audio-to-Audio",
        "Audio Classification",
        "Voice Activity Detection",
    ),
    "Tabular": (
        "Tabular Classification",
        "Tabular Regression",
        "Time Series Forecasting",
    ),
    "Reinforcement Learning": ("Robotics",),
    "Other": ("Graph Machine Learning",),
    ARXIV: tuple(f"{code} {name}" for code, name in arxiv_categories.NAMES.items()),
}

AREA_OF: dict[str, str | None] = {
    **dict.fromkeys(AREAS),
    **{category: area for area, categories in AREAS.items() for category in categories},
}
"""Every known category and its area; an area is a category too, without one."""


def _folded(name: str) -> str:
    return name.casefold().translate({ord(sign): None for sign in " -_"})


_BY_FOLDED = {_folded(name): name for name in AREA_OF} | {
    _folded(code): f"{code} {name}" for code, name in arxiv_categories.NAMES.items()
}


def known(name: str) -> str | None:
    """The taxonomy's spelling of a category's name; None for an unknown one.

    Case, spaces, hyphens and underscores make no difference: `text-generation` is one of them. One
    of arXiv's is known by its code: `cs.CL` is `cs.CL Computation and Language`.
    """
    return _BY_FOLDED.get(_folded(name))


def short_name(name: str) -> str:
    """A known category's name, or its code at arXiv."""
    return name.partition(" ")[0] if AREA_OF.get(name) == ARXIV else name
