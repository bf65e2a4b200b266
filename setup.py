"""The one extension, `ibfast._codec`; everything else about the package stands in pyproject.toml."""

from Cython.Build import cythonize
from setuptools import Extension, setup

directives = {
    "language_level": "3",
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "auto_pickle": False,
    "autotestdict": False,
    "embedsignature": False,
    # The codec shares caches and buffers without locks: a free-threaded Python gives it the GIL back when it is loaded.
    "freethreading_compatible": False,
}

setup(
    ext_modules=cythonize(
        [Extension("ibfast._codec", ["_codec/_codec.pyx"])], compiler_directives=directives, include_path=["_codec"]
    )
)
