import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.text import identity


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2502.02737", "2502.02737"),
        (" 2502.02737v2 ", "2502.02737"),
        ("arXiv:2502.02737", "2502.02737"),
        ("arxiv: 2502.02737v3", "2502.02737"),
        ("0704.0001", "0704.0001"),
        ("hep-th/9901001", "hep-th/9901001"),
        ("arXiv:hep-th/9901001v1", "hep-th/9901001"),
        ("math.GT/0309136", "math/0309136"),
        ("cond-mat.str-el/0309136", "cond-mat/0309136"),
        ("iccv/0309136", None),
        ("12502.02737", None),
        ("2502.02737.5", None),
        ("(arXiv:2502.02737)", "2502.02737"),
        ("[2502.02737] SmolLM2", None),
        ("https://huggingface.co/datasets/2502.02737", None),
        ("https://example.org/?url=https://arxiv.org/abs/2502.02737", None),
        ("https://ui.adsabs.harvard.edu/abs/2013arXiv1301.1234A", "1301.1234"),
        ("https://arxiv.org/abs/2502.02737", "2502.02737"),
        ("http://www.arxiv.org/abs/2502.02737v1/", "2502.02737"),
        ("https://arxiv.org/pdf/2502.02737v2.pdf", "2502.02737"),
        ("arxiv.org/html/2502.02737v1", "2502.02737"),
        ("https://export.arxiv.org/abs/hep-th/9901001", "hep-th/9901001"),
        ("https://huggingface.co/papers/2502.02737", "2502.02737"),
        ("https://www.alphaxiv.org/abs/2502.02737", "2502.02737"),
        ("https://doi.org/10.48550/arXiv.2502.02737", "2502.02737"),
        ("10.48550/arXiv.2502.02737", "2502.02737"),
        ("doi:10.48550/arXiv.2502.02737", "2502.02737"),
        ("2513.02737", None),
        ("2502.٠٢٧٣٧", None),
        ("https://arxiv.org/abs/2502.٠٢٧٣٧", None),
        ("hep-t\N{KELVIN SIGN}/9901001", None),
        ("2502.027371234", None),
        ("https://example.org/abs/2502.02737", None),
        ("https://arxiv.org/list/cs.CL/recent", None),
        ("", None),
        ("SmolLM2", None),
    ],
)
def test_an_arxiv_id_is_read_in_every_common_form(text, number):
    assert identity.arxiv_id(text) == number


def test_every_address_that_people_paste_is_read(shared):
    lines = (shared / "cases/arxiv-addresses.txt").read_text().splitlines()
    forms = [line.split("\t") for line in lines if not line.startswith("#")]
    assert len(forms) > 70
    assert [(text, identity.arxiv_id(text)) for text, number in forms] == [*map(tuple, forms)]


@given(st.text())
def test_any_text_is_an_arxiv_id_or_none(text):
    number = identity.arxiv_id(text)
    assert number is None or (identity.arxiv_id(number) == number and number.isascii())


@pytest.mark.parametrize(
    ("title", "link", "slug"),
    [
        ("Any", "https://arxiv.org/abs/2502.02737v2", ("2502.02737", "2502.02737")),
        (
            "Any",
            "https://blog.example.org/a/b.html",
            ("blog-example-org-a-b-html-2777358a57", None),
        ),
        (
            "Any",
            "http://www.blog.example.org/a/b.html/",
            ("blog-example-org-a-b-html-2777358a57", None),
        ),
        ("A  Title\n of ours", "", ("a-title-of-ours-2f42d51d8a", None)),
        ("a title of OURS", "N/A", ("a-title-of-ours-2f42d51d8a", None)),
        ("大模型", "", ("大模型-25d7abe586", None)),
        ("🙂", "", ("d06f1525f7", None)),
    ],
)
def test_a_paper_is_its_arxiv_id_else_its_address_else_its_title(title, link, slug):
    assert identity.paper_slug(title, link) == slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Xiang Yue", "xiang-yue"),
        ("Gabriel Martín Blázquez", "gabriel-martín-blázquez"),
        ("lvwerra", "lvwerra"),
        ("LVwerra", "lvwerra-0a521ab3"),
        ("DiJia Su", "dijia-su-d230c9c2"),
        ("张三", "张三"),
        ("Иван Петров", "иван-петров"),
        ("🙂", "d06f1525"),
        ("../..", "0cfd1c96"),
    ],
)
def test_an_author_has_a_readable_slug(name, slug):
    assert identity.author_slug(name) == slug


@given(st.lists(st.text("aA b-.É1é", min_size=1, max_size=6), unique=True, max_size=30))
def test_no_two_authors_share_a_slug(names):
    assert len({identity.author_slug(name) for name in names}) == len(names)


def test_categories_of_the_taxonomy_have_plain_slugs():
    assert identity.category_slug("Text-to-3D") == "text-to-3d"
    assert identity.category_slug("Text To 3D") == "text-to-3d-98d2d8f2"


@pytest.mark.parametrize(
    ("name", "key", "letter"),
    [
        ("Álvaro Núñez", "alvaro nunez", "a"),
        ("Łukasz Kaiser", "lukasz kaiser", "l"),
        ("Ørsted", "orsted", "o"),
        ("'t Hooft", "t hooft", "t"),
        ("李白", "李白", "#"),
        ("3dgs", "3dgs", "#"),
        ("...", "", "#"),
        ("ﷺ" * 200, None, "#"),
    ],
)
def test_names_are_sorted_without_accents_and_capitals(name, key, letter):
    assert identity.letter(name) == letter
    assert len(identity.sort_key(name)) <= 200
    if key is not None:
        assert identity.sort_key(name) == key
