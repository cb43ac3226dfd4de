"""Explain a crash of the reader's function: the error, its line, and what it means."""

import linecache
import re
import traceback
from pathlib import Path

PACKAGE = str(Path(__file__).parent.parent)

_MEANINGS = (  # (a pattern of "Type: message", what it means); the first that fits is shown
    (
        r"does not require grad and does not have a grad_fn",
        "`backward()` finds nothing that requires a gradient. Call `requires_grad_(True)` on the tensor that you optimise, and "
        "avoid `.detach()`, `.item()` and `torch.no_grad()` on the way to the loss.",
    ),
    (
        r"differentiated Tensors does not require grad",
        "you ask for the gradient with respect to a tensor that does not require one: make a copy with "
        "`.clone().requires_grad_()`, and compute with that copy.",
    ),
    (
        r"not have been used in the graph",
        "what you differentiate does not depend on the tensor that you differentiate by: use the same tensor in both places.",
    ),
    (
        r"can be implicitly created only for scalar",
        "only a single number can be differentiated: take the sum or the mean first.",
    ),
    (
        r"through the graph a second time",
        "`backward()` goes through a graph a second time, but the graph is used up. Compute the loss again before each "
        "`backward()`, and `.detach()` what stays the same.",
    ),
    (r"float\(\) argument must be.*NoneType", "the closure returns nothing: end it with `return loss`."),
    (r"argument: 'closure'", "L-BFGS needs the closure: write `optimizer.step(closure)`."),
    (
        r"can't optimize a non-leaf",
        "the optimiser needs a tensor that was not computed from another one: first `.clone()`, then `requires_grad_(True)`.",
    ),
    (r"optimizer got an empty|optimizer can only|should be an iterable", "an optimiser takes a list: `[canvas]`."),
    (
        r"leaf Variable that requires grad",
        "you write into a tensor that requires a gradient: compute a new tensor instead, or write before `requires_grad_()`.",
    ),
    (r"modified by an inplace operation", "you overwrite a value that the gradient needs: compute a new tensor instead."),
    (r"numpy\(\) on Tensor that requires grad", "numpy cannot handle gradients: use torch's functions here."),
    (
        r"mat1 and mat2 shapes|batch[12]|1D tensors expected|vector must|size mismatch|inconsistent tensor size|same reduction",
        "the two matrices of a product do not fit: the first needs as many columns as the second has rows. Print both shapes: "
        "should you transpose or flatten one of them?",
    ),
    (
        r"must match the (size of|existing size)|shape mismatch|(cannot|could not) be broadcast|not broadcastable"
        r"|shape of the mask|same number of dimensions|same batch size",
        "the shapes of two tensors do not fit. Print both; `keepdim=True` keeps an axis that you sum over.",
    ),
    (r"Dimension out of range|axis .* out of bounds", "the tensor has fewer axes than that: print its shape."),
    (
        r"invalid for input of size|cannot reshape",
        "the new shape holds a different number of values: print the old shape first.",
    ),
    (r"must be batches of square|must be square", "this needs a square matrix: print the shape."),
    (
        r"only supported on matrices|\.T is only|\.mT is only|expected.*2-?D|must be.*matri",
        "this needs a matrix, which has two axes: flatten first.",
    ),
    (
        r"Bool(ean)? value of Tensor|bool value|truth value",
        "a tensor with several numbers is neither true nor false: sum it, or pick one entry.",
    ),
    (
        r"floating point|infer output dtype|not implemented for '(Long|Int|Byte|Bool)|can't be cast|Subtraction.*bool",
        "this does not work with integers or booleans: convert them with `.float()` first.",
    ),
    (
        r"tensors used as indices|same dtype|expected scalar type|found dtype",
        "a tensor has the wrong type here, such as float32 instead of float64 or of an integer: convert it.",
    ),
    (
        r"converted to (Python scalars|a Scalar|Scalar)|only one element",
        "this works for one number only: take the sum or the mean first.",
    ),
    (r"dimensions in the tensor input|ordering of dimensions", "`permute` needs one number for each axis of the tensor."),
    (r"no dimensions|0-dim|0-d tensor", "a single number has no axes and no entries: do you sum too early?"),
    (r"duplicate dims|appears multiple times", "you name the same axis twice."),
    (r"invalid shape dimension|must be non-negative|negative dimension", "a size is negative here: print it."),
    (r"interpreted as an integer|integer argument expected", "this must be an integer: print what you pass."),
    (
        r"not subscriptable|item assignment",
        "you cannot pick an entry with [...] from a number or a function: print what it is.",
    ),
    (
        r"not iterable|non-iterable|has no len",
        "this is a single thing: you cannot loop over it or count it. Print it.",
    ),
    (r"expected at least 1 argument", "you call a function without its argument."),
    (r"more than 1 spatial element", "`instance_norm` needs (B, C, H, W): only x has height and width."),
    (r"einsum", "the letters of `einsum` do not fit the axes: write one letter for each axis of each tensor."),
    (
        r"Error: (too many|not enough) values to unpack",
        "there are more or fewer names on the left than values on the right: print the shape.",
    ),
    (
        r"out of bounds|out of range|too many indices",
        "an index is too large, or there are more indices than axes. Indices run from 0 to the size minus 1.",
    ),
    (
        r"NameError|UnboundLocalError",
        "you use a name that has no value. Is it spelled right, and did you run the cell that defines it?",
    ),
    (
        r"builtin_function_or_method|'(method|function)'( object| and|$)",
        "brackets are missing: a method is called with `()` after its name.",
    ),
    (r"object is not callable", "you call something that is not a function: is a `*` or a comma missing before the brackets?"),
    (
        r"NoneType.*\n.*\.grad\b",
        "`.grad` is None until `backward()` has run, and only a tensor that you made yourself gets one: first `.clone()`, then "
        "`requires_grad_()`.",
    ),
    (r"NoneType", "something here is None: a function without `return` gives None."),
    (
        r"AttributeError",
        "there is no such method or attribute. Is it spelled right, and is the value what you think it is?",
    ),
    (
        r"'(list|tuple)'|sequence by non-int|can only concatenate|converted to an index",
        "a list or tuple is not a number: sum its entries, or pick one, first.",
    ),
    (r"'dict'", "a dictionary is not a number: loop over its `.items()`."),
    (r"not supported between|unsupported operand", "these two kinds of values cannot be combined: print both."),
    (
        r"unexpected keyword|got an unexpected|takes .* argument|missing .* argument|multiple values",
        "you call a function with too many, too few or unknown arguments: look at its `def` line.",
    ),
    (
        r"invalid combination of arguments|must be Tensor|must be (a )?(tuple|int|number)|expected Tensor|argument '",
        "you pass torch the wrong kind of argument: print it.",
    ),
    (r"KeyError", "the dictionary has no such key: print its keys."),
    (r"ZeroDivisionError", "you divide by zero."),
    (r"RecursionError", "your function calls itself forever."),
    (r"NotImplementedError", "this part is not written yet."),
    (r"AssertionError", "an `assert` of your own fails."),
    (r"ModuleNotFoundError|ImportError", "you import a package that is not installed."),
    (r"deepcopy|pickle", "you copy a tensor that has a graph: `.detach()` it first."),
    (
        r"math domain error|expected a positive input|expected a nonnegative",
        "you take the logarithm or the root of a negative number or of 0.",
    ),
)


def crash(error: Exception) -> str:
    """Return a message about a crash: its meaning, the last line of the reader's code, and Python's words."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _in_library(frame.filename)]
    words = f"{type(error).__name__}: {str(error).strip()}"
    first = words.splitlines()[0]
    if not frames:
        return f"the check cannot read this answer ({first}). Does it have the form that the exercise asks for?"
    line = frames[-1].line or linecache.getline(frames[-1].filename, frames[-1].lineno).strip()
    meaning = next((said for pattern, said in _MEANINGS if re.search(pattern, f"{words}\n{line}")), None)
    notes = "".join(f"\n  when it was called with {note}" for note in getattr(error, "__notes__", ())[:1])
    said = f"your code stops: {meaning}" if meaning else f"your code stopped with {first}"
    told = f"\n  in Python's words: {first}" if meaning else ""
    return f"{said}\n  line {frames[-1].lineno} of your code: {line or '...'}{notes}{told}"


def _in_library(filename: str) -> bool:
    path = filename.replace("\\", "/")
    return filename.startswith(PACKAGE) or "/site-packages/" in path or "/lib/python" in path or path.startswith("<__array")
