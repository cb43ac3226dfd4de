"""The rule of the house: the top level is the small helper package, and every other concern a folder that imports it."""

import ast
import importlib
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import nst_lessons as nst
from tests.conftest import ROOT

PACKAGE = ROOT / "nst_lessons"
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in PACKAGE.rglob("*.py")
}


class Imports(ast.NodeVisitor):
    """The modules of this package that a file imports, anywhere in it; those for type checkers alone are left out."""

    def __init__(self, path: Path) -> None:
        self.found = set()
        self.visit(ast.parse(path.read_text(encoding="utf-8")))

    def visit_Import(self, node):
        self.found |= {name.name for name in node.names if name.name in MODULES}

    def visit_ImportFrom(self, node):
        assert node.level == 0, "imports name the whole way"
        for name in node.names:
            inner = f"{node.module}.{name.name}"
            self.found |= {inner if inner in MODULES else node.module} & MODULES.keys()

    def visit_If(self, node):
        if ast.unparse(node.test) != "TYPE_CHECKING":
            self.generic_visit(node)


IMPORTS = {name: Imports(path).found for name, path in MODULES.items()}


def is_top(name):
    return MODULES[name].parent == PACKAGE


def test_no_arrow_leads_from_the_top_level_into_a_folder():
    """But for two doors: the package hands on the Studio, and the command line starts the commands."""
    arrows = {(name, other) for name in filter(is_top, MODULES) for other in IMPORTS[name] if not is_top(other)}
    doors = {arrow for arrow in arrows if arrow[0] == "nst_lessons.__main__" and arrow[1].startswith("nst_lessons.commands")}
    assert arrows - doors == {("nst_lessons", "nst_lessons.studio")} and doors


def test_a_module_imports_only_modules_below_it():
    assert len(list(TopologicalSorter(IMPORTS).static_order())) == len(MODULES)  # a cycle is a CycleError
    assert not [name for name, imported in IMPORTS.items() if name != "nst_lessons" and "nst_lessons" in imported]


def test_no_function_hides_the_module_of_its_name():
    for name in sorted(MODULES.keys() - {"nst_lessons", "nst_lessons.__main__"}):
        importlib.import_module(name)
        folder, _, last = name.rpartition(".")
        assert getattr(sys.modules[folder], last) is sys.modules[name], name


def test_the_map_names_every_room():
    rooms = {path.name for path in PACKAGE.glob("*.py")} - {"__init__.py"}
    rooms |= {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    assert not [room for room in rooms if room not in nst.__doc__]
