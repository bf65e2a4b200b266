"""What `import ibfast` shows."""

import inspect
import subprocess
import sys
import types

import pytest

import ibfast
import ibfast.blocking

MODULES = ["ibfast", "ibfast.blocking", "ibfast.records", "ibfast.wire", "ibfast.simulator", "ibfast.schema"]


def test_the_list_of_public_names_is_sorted_and_complete():
    shown = {name for name in dir(ibfast) if not name.startswith("_")}
    submodules = {name for name in shown if isinstance(getattr(ibfast, name), types.ModuleType)}
    assert ibfast.__all__ == sorted(shown - submodules)


def test_a_star_import_brings_the_public_names():
    names = {}
    exec("from ibfast import *", names)
    del names["__builtins__"]
    assert sorted(names) == ibfast.__all__


@pytest.mark.parametrize("name", ibfast.__all__)
def test_every_public_name_is_explained(name):
    assert getattr(ibfast, name).__doc__
    assert getattr(ibfast, name).__doc__ != object.__doc__


@pytest.mark.parametrize("name", MODULES)
def test_every_public_module_is_explained(name):
    __import__(name)
    assert inspect.getmodule(__import__(name, fromlist=["_"])).__doc__


@pytest.mark.parametrize(("enabled", "said"), [("True", ""), ("False", "ibfast is not safe without the GIL")])
def test_an_import_without_the_gil_says_that_it_is_not_safe(enabled, said):
    code = f"import sys; sys._is_gil_enabled = lambda: {enabled}; import ibfast"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert said in done.stderr
    assert bool(said) == bool(done.stderr)


def test_errors_of_ibfast_have_one_root():
    errors = [getattr(ibfast, name) for name in ibfast.__all__ if inspect.isclass(getattr(ibfast, name))]
    errors = [error for error in errors if issubclass(error, Exception)]
    assert {ibfast.OrderDone, ibfast.OrderNotOwned, ibfast.VersionError} <= set(errors)
    assert all(issubclass(error, ibfast.IbfastError) for error in errors)
    assert issubclass(ibfast.RequestTimeout, TimeoutError)
    assert issubclass(ibfast.VersionError, ValueError)
