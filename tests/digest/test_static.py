"""Static files under the names of their contents."""

import gzip
import re

import brotli
import pytest
from django.core.files.storage import FileSystemStorage

from digest.static import StaticFiles
from tests.conftest import ROOT


@pytest.mark.parametrize("name", ["site.css", "site.js"])
def test_they_are_compressed(tmp_path, name):
    (tmp_path / name).write_bytes((ROOT / "static" / name).read_bytes())
    stored = StaticFiles(location=tmp_path, base_url="/static/")
    list(stored.post_process_with_compression([(name, name, True)]))
    packed, zipped = ((tmp_path / f"{name}.{suffix}").read_bytes() for suffix in ("br", "gz"))
    assert brotli.decompress(packed) == gzip.decompress(zipped) == (tmp_path / name).read_bytes()
    assert len(packed) < len(zipped)
    assert not stored.create_compressor().should_compress("site.js.map")


def test_scripts_import_each_other_by_the_names_of_their_contents(tmp_path):
    source = FileSystemStorage(ROOT / "static")
    stored = StaticFiles(location=tmp_path, base_url="/static/")
    names = [path.name for path in (ROOT / "static").glob("*.js")]
    for name in names:
        with source.open(name) as script:
            stored.save(name, script)
    list(stored.post_process({name: (source, name) for name in names}))
    scripts = {name: (tmp_path / stored.hashed_files[name]).read_text() for name in names}
    assert stored.hashed_files["requests.js"] != "requests.js"
    imported = {name: re.findall(r' from "(.+)";', script) for name, script in scripts.items()}
    requests = [f"./{stored.hashed_files['requests.js']}"]
    assert {name: found for name, found in imported.items() if found} == {
        "back.js": requests,
        "curation.js": requests,
        "keys.js": requests,
        "menu.js": requests,
        "note.js": requests,
        "offline.js": requests,
    }
