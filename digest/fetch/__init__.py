"""Fetches papers from services such as Hugging Face and arXiv.

In: days, or papers that lack something. Out: the answers, checked, which are loaded like files.
"""
