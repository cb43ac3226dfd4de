"""Systematic mistakes: every small change of a solution's code, one at a time."""

import ast
import copy
from collections.abc import Callable, Iterator

OPERATORS = {
    ast.Add: [ast.Sub, ast.Mult],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div, ast.Add],
    ast.Div: [ast.Mult, ast.Sub],
    ast.Pow: [ast.Mult],
    ast.MatMult: [ast.Mult],
}
COMPARISONS = {ast.LtE: [ast.GtE], ast.GtE: [ast.LtE], ast.Lt: [ast.Gt], ast.Gt: [ast.Lt]}
METHODS = {
    "square": ["abs", "sqrt", "norm"],
    "sum": ["mean", "max"],
    "mean": ["sum", "max"],
    "sqrt": ["square", "abs"],
    "std": ["var"],
    "var": ["std"],
    "sin": ["cos", "sigmoid"],
    "log10": ["log", "log2"],
    "abs": ["square"],
    "round": ["floor", "ceil"],
    "numel": ["dim"],
    "flatten": ["reshape"],
    "instance_norm": ["relu"],
}
LOOSE, TIGHT = (ast.Add, ast.Sub), (ast.Mult, ast.Div, ast.MatMult)


def mutants(code: str) -> list[str]:
    """The code with one change each: an operator, a number, a method, a name, a bracket, an argument or a line."""
    tree = ast.parse(code)
    nodes, names = list(ast.walk(tree)), _arguments(tree)
    found = []
    for index, node in enumerate(nodes):
        for change in _changes(node, names):
            changed = copy.deepcopy(tree)
            target = list(ast.walk(changed))[index]
            changed = _Replace(target, change(target)).visit(changed)
            found.append(ast.unparse(ast.fix_missing_locations(changed)))
    return [text for text in dict.fromkeys(found) if text != ast.unparse(tree)]


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST | None) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST | None:
        return self.new if node is self.old else self.generic_visit(node)


def _arguments(tree: ast.Module) -> list[str]:
    return [argument.arg for argument in tree.body[0].args.args] if isinstance(tree.body[0], ast.FunctionDef) else []


def _changes(node: ast.AST, names: list[str]) -> Iterator[Callable[[ast.AST], ast.AST | None]]:
    if isinstance(node, ast.BinOp):
        yield from _of_operator(node)
    elif isinstance(node, ast.UnaryOp):
        yield lambda node: node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        for value in (node.value + 1, node.value - 1, 2 * node.value, node.value / 2, -node.value):
            if isinstance(node.value, float) or value == int(value):
                yield lambda node, value=value: ast.Constant(type(node.value)(value))
    elif isinstance(node, ast.Call):
        yield from _of_call(node)
    elif isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield lambda node: node.value
    elif isinstance(node, ast.Compare):
        for operator in COMPARISONS.get(type(node.ops[0]), []):
            yield lambda node, operator=operator: _with(node, ops=[operator()])
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
        for name in names:
            if name != node.id:
                yield lambda node, name=name: ast.Name(name, ast.Load())
    elif isinstance(node, ast.AugAssign):
        yield lambda node: None
        yield lambda node: _with(node, op=ast.Sub() if isinstance(node.op, ast.Add) else ast.Add())
        yield lambda node: ast.Assign([node.target], node.value)
    elif isinstance(node, ast.Return):
        yield lambda node: ast.Expr(node.value)
    elif isinstance(node, ast.Assign | ast.Expr):
        yield lambda node: ast.Pass()


def _of_operator(node: ast.BinOp) -> Iterator[Callable]:
    for operator in OPERATORS.get(type(node.op), []):
        yield lambda node, operator=operator: _with(node, op=operator())
    yield lambda node: node.left
    yield lambda node: node.right
    if not isinstance(node.op, ast.Add | ast.Mult):
        yield lambda node: _with(node, left=node.right, right=node.left)
    if isinstance(node.op, TIGHT) and isinstance(node.left, ast.BinOp) and isinstance(node.left.op, LOOSE):
        yield lambda node: ast.BinOp(node.left.left, node.left.op, ast.BinOp(node.left.right, node.op, node.right))
    if isinstance(node.op, TIGHT) and isinstance(node.right, ast.BinOp):
        yield lambda node: ast.BinOp(ast.BinOp(node.left, node.op, node.right.left), node.right.op, node.right.right)


def _of_call(node: ast.Call) -> Iterator[Callable]:
    for index in range(len(node.keywords)):
        yield lambda node, index=index: _with(node, keywords=node.keywords[:index] + node.keywords[index + 1 :])
    for index in range(len(node.args)):
        yield lambda node, index=index: _with(node, args=node.args[:index] + node.args[index + 1 :])
    if not isinstance(node.func, ast.Attribute):
        return
    for method in METHODS.get(node.func.attr, []):
        yield lambda node, method=method: _with(node, func=_with(node.func, attr=method))
    yield lambda node: node.func.value  # without the call
    value = node.func.value
    if isinstance(value, ast.BinOp):  # without the brackets in front of it
        yield lambda node: ast.BinOp(
            node.func.value.left, node.func.value.op, _with(node, func=_with(node.func, value=node.func.value.right))
        )


def _with(node: ast.AST, **fields: object) -> ast.AST:
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other
