import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.search.text import document, tokens
from tests.speed import in_proportion


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Gabriel Martín Blázquez", "gabriel martin blazquez"),
        ("E\u0301tude, naïve; STRASSE straße", "etude naive strasse strasse"),
        ("GPT-4o", "gpt 4o gpt4o"),
        ("GPT-3.5", "gpt 3 5 gpt35"),
        ("text-to-image", "text to image texttoimage"),
        (
            r"$\text{Transformer}^2$: Self-adaptive",
            "transformer 2 self adaptive transformer2 selfadaptive",
        ),
        ("S$^2$R", "s 2 r s2r"),
        (r"$\pi_0$ and π0", "pi 0 and pi0 pi0"),
        ("λόγος of λ", "λογοσ of lambda"),
        ("C++ and C#", "cplusplus and csharp"),
        ("大模型 LLM推理", "大 模 型 llm 推 理"),
        ("한국어", "한 국 어"),
        ("data/model|code", "data model code"),
        ("²  ½  ﬁne", "2 1 2 fine 12"),
        ("a_b __init__", "a b init ab"),
        ("— … 🙂 !!", ""),
    ],
)
def test_a_document_is_indexed_by_words_that_people_type(text, words):
    assert document(text) == words


def test_a_query_has_the_words_without_the_compounds():
    assert tokens("GPT-4o, and more") == ["gpt", "4o", "and", "more"]


@given(st.text())
def test_every_word_is_letters_and_digits_that_fold_to_themselves(text):
    words = document(text).split()
    assert all(word.isalnum() for word in words)
    assert tokens(text) == words[: len(tokens(text))]


@pytest.mark.parametrize("unit", ["a-", "a ", "大", "$^", "a_", "é", "\\text{", "-", "_"])
def test_a_long_text_takes_time_in_proportion(unit):
    assert in_proportion(document, unit * 10_000, unit * 40_000)
