import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.text import links


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://github.com/GAIR-NLP/LIMO", "https://github.com/GAIR-NLP/LIMO"),
        ("  http://example.org/a?b=c#d ", "http://example.org/a?b=c#d"),
        ("github.com/x/y", "https://github.com/x/y"),
        ("videodepthanything.github.io", "https://videodepthanything.github.io"),
        ("https://github.com/ictnlp/LLaVA-Mini;", "https://github.com/ictnlp/LLaVA-Mini"),
        ("<https://example.org/>", "https://example.org/"),
        ("HTTPS://Example.ORG/A", "https://example.org/A"),
        ("https://example.org:8080/a", "https://example.org:8080/a"),
        ("https://example.org/?q=\"'><x", "https://example.org/?q=%22'%3E%3Cx"),
        ("https://en.wikipedia.org/wiki/A_(b)", "https://en.wikipedia.org/wiki/A_(b)"),
        ("https://bücher.example.org/ü", "https://xn--bcher-kva.example.org/%C3%BC"),
    ],
)
def test_a_link_comes_out_clean(text, url):
    assert links.clean_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "None", "null", "N/A", "n/a", "string", "[data]", "[Link]", "-", "nan"),
        *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "ftp://a.org/b"),
        *("java\nscript:alert(1)", "https://a.org/b c", "https://a.org\\@b.org", "//a.org/b"),
        *("https://user:password@a.org/", "https://user@a.org/", "https://", "https:///b"),
        *("https://localhost/", "https://127.0.0.1/", "https://[::1]/", "https://a.org:port/"),
        *("README.md", "see the paper", "e.g.", "/papers/1", "https://-a.org/", "http://["),
        "https://a.org/" + "x" * 2000,
    ],
)
def test_what_is_no_link_stays_text(text):
    assert links.clean_url(text) is None


@pytest.mark.parametrize("text", ["", "None", "null", "N/A", "string", "[data]"])
def test_placeholders_say_nothing(text):
    assert links.says_nothing(text) is True


@pytest.mark.parametrize("text", ["javascript:alert(1)", "https://a.org", "data"])
def test_other_texts_say_something(text):
    assert links.says_nothing(text) is False


@given(st.text() | st.from_regex(r"(https?://)?[a-z.@:\\\[\]/]{1,30}", fullmatch=True))
def test_any_text_gives_a_safe_url_or_none(text):
    url = links.clean_url(text)
    if url is not None:
        assert url.startswith(("https://", "http://"))
        assert not set(url) & set(' "<>\\\n\t')
        assert url.isascii()
        assert links.clean_url(url) == url


@pytest.mark.parametrize(
    ("url", "destination"),
    [
        ("https://github.com/GAIR-NLP/LIMO", ("code", "GAIR-NLP/LIMO", "GitHub")),
        ("https://www.github.com/a/b.git", ("code", "a/b", "GitHub")),
        ("https://github.com/metagene-ai", ("code", "metagene-ai", "GitHub")),
        ("https://gitlab.com/a/b/-/tree/main", ("code", "a/b", "GitLab")),
        (
            "https://huggingface.co/meta-llama/Llama-3",
            ("model", "meta-llama/Llama-3", "Hugging Face"),
        ),
        ("https://huggingface.co/datasets/a/b", ("dataset", "a/b", "Hugging Face")),
        ("https://huggingface.co/spaces/a/b", ("space", "a/b", "Hugging Face")),
        (
            "https://hf.co/collections/HuggingFaceTB/smollm2-6723884218bcda64b34d7db9",
            ("collection", "HuggingFaceTB/smollm2", "Hugging Face"),
        ),
        (
            "https://huggingface.co/papers/2502.02737",
            ("other", "papers/2502.02737", "Hugging Face"),
        ),
        ("https://huggingface.co/deepseek-ai", ("other", "deepseek-ai", "Hugging Face")),
        ("https://motion-bench.github.io/", ("project page", "motion-bench.github.io", "")),
        ("https://aka.ms/GeneralAI", ("other", "aka.ms/GeneralAI", "")),
        ("https://github.com", ("other", "github.com", "")),
    ],
)
def test_a_link_says_where_it_leads(url, destination):
    assert tuple(links.destination(url)) == destination


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://github.com/A/B", "http://www.github.com/a/b.git", True),
        ("https://hf.co/a/b", "https://huggingface.co/A/b/", True),
        ("https://example.org/a", "https://example.org/a/", True),
        ("https://example.org/a", "https://example.org/A", False),
        ("https://example.org/?a=1", "https://example.org/?a=2", False),
        ("https://example.org:1/", "https://example.org:2/", False),
    ],
)
def test_two_urls_lead_to_the_same_place(one, other, same):
    assert (links.same_link(one) == links.same_link(other)) is same
