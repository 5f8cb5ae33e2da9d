"""stub until merged"""

import io
import zipfile


class BadArchive(Exception):
    pass


class _A:
    def __init__(self, c):
        self.z = zipfile.ZipFile(io.BytesIO(c))

    def read(self, n):
        return self.z.read(n)


def open_archive(c):
    return _A(c)
