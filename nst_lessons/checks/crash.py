"""What stops a reader's function, in plain words: the error, its line, and what it means."""

import linecache
import re
import traceback
from pathlib import Path

PACKAGE = str(Path(__file__).parent.parent)

_MEANINGS = (  # a pattern of "Type: message", and what it means; the first that fits is said
    (
        r"does not require grad and does not have a grad_fn",
        "`backward()` finds nothing that requires a gradient. Switch it on with `requires_grad_(True)` for what is to be "
        "changed, and cut nothing off on the way (`.detach()`, `.item()`, `torch.no_grad()`).",
    ),
    (
        r"differentiated Tensors does not require grad",
        "you ask for the gradient with respect to a tensor that does not require one: take a copy with "
        "`.clone().requires_grad_()`, and compute from that copy.",
    ),
    (
        r"not have been used in the graph",
        "what you differentiate does not depend on the tensor whose gradient you ask for: use the same tensor in both places.",
    ),
    (r"can be implicitly created only for scalar", "only one number can be differentiated: take its sum or its mean first."),
    (
        r"through the graph a second time",
        "`backward()` walks a second time through a graph that is used up: compute the loss anew for each `backward()`, and "
        "`.detach()` what stays the same.",
    ),
    (r"float\(\) argument must be.*NoneType", "the closure gives nothing back: end it with `return loss`."),
    (r"argument: 'closure'", "L-BFGS calls the closure itself: `optimizer.step(closure)`."),
    (
        r"can't optimize a non-leaf",
        "the optimiser wants a tensor that was not computed from another one: first `.clone()`, then `requires_grad_(True)`.",
    ),
    (r"optimizer got an empty|optimizer can only|should be an iterable", "an optimiser takes a list: `[canvas]`."),
    (
        r"leaf Variable that requires grad",
        "a tensor that requires a gradient is written into: compute something new instead, or write before you switch it on.",
    ),
    (r"modified by an inplace operation", "a value that the gradient needs was written over: compute something new instead."),
    (r"numpy\(\) on Tensor that requires grad", "numpy knows no gradients: stay with torch's own functions here."),
    (
        r"mat1 and mat2 shapes|batch[12]|1D tensors expected|vector must|size mismatch|inconsistent tensor size|same reduction",
        "the two matrices of a product do not fit: the first needs as many columns as the second has rows. Print both shapes; "
        "must one be transposed, or flattened first?",
    ),
    (
        r"must match the (size of|existing size)|shape mismatch|(cannot|could not) be broadcast|not broadcastable"
        r"|shape of the mask|same number of dimensions|same batch size",
        "two tensors do not fit place by place. Print both shapes; `keepdim=True` keeps an axis that was added up.",
    ),
    (r"Dimension out of range|axis .* out of bounds", "the tensor has fewer axes than that: print its shape."),
    (
        r"invalid for input of size|cannot reshape",
        "these sizes do not hold as many numbers as there are: print the shape first.",
    ),
    (r"must be batches of square|must be square", "this works for square matrices only: print the shape."),
    (
        r"only supported on matrices|\.T is only|\.mT is only|expected.*2-?D|must be.*matri",
        "this works for matrices, with two axes: flatten first.",
    ),
    (
        r"Bool(ean)? value of Tensor|bool value|truth value",
        "a tensor of several numbers is neither true nor false: add it up, or take one entry.",
    ),
    (
        r"floating point|infer output dtype|not implemented for '(Long|Int|Byte|Bool)|can't be cast|Subtraction.*bool",
        "whole numbers or yes and no cannot do this: turn them into `.float()` first.",
    ),
    (
        r"tensors used as indices|same dtype|expected scalar type|found dtype",
        "a tensor has another type than is wanted here, such as float32 for float64, or for a whole number: convert it.",
    ),
    (
        r"converted to (Python scalars|a Scalar|Scalar)|only one element",
        "this works for one number only: add up, or take the mean, first.",
    ),
    (r"dimensions in the tensor input|ordering of dimensions", "`permute` wants one number for each axis of the tensor."),
    (r"no dimensions|0-dim|0-d tensor", "a single number has no axes and no entries: is something added up too early?"),
    (r"duplicate dims|appears multiple times", "one and the same axis is named twice."),
    (r"invalid shape dimension|must be non-negative|negative dimension", "a size is negative here: print it."),
    (r"interpreted as an integer|integer argument expected", "a whole number is wanted here: print what is given instead."),
    (
        r"not subscriptable|item assignment",
        "a single number or a function has no entries to pick with [...]: print what it is.",
    ),
    (
        r"not iterable|non-iterable|has no len",
        "this is one thing, and not several that could be counted or gone through: print it.",
    ),
    (r"expected at least 1 argument", "a function is called with nothing in its brackets."),
    (r"more than 1 spatial element", "`instance_norm` wants (B, C, H, W): only x itself has height and width."),
    (r"einsum", "the letters of `einsum` do not fit the axes: one letter for each axis of each tensor."),
    (
        r"Error: (too many|not enough) values to unpack",
        "the names on the left are not as many as the values on the right: print the shape.",
    ),
    (
        r"out of bounds|out of range|too many indices",
        "an index is too large, or there are more indices than axes: counting starts at 0, and ends one before the size.",
    ),
    (
        r"NameError|UnboundLocalError",
        "a name is used that has no value: is it spelled right, and was the cell that makes it run?",
    ),
    (
        r"builtin_function_or_method|'(method|function)'( object| and|$)",
        "brackets are missing: a method is called with `()` after its name.",
    ),
    (r"object is not callable", "something that is no function has brackets behind it: is a `*` or a comma missing?"),
    (
        r"NoneType.*\n.*\.grad\b",
        "`.grad` is None until `backward()` has run, and only a tensor that you made and switched on yourself gets one: first "
        "`.clone()`, then `requires_grad_()`.",
    ),
    (r"NoneType", "something here is None: a function without `return` gives None."),
    (
        r"AttributeError",
        "there is no such method or attribute here: is it spelled right, and is the value what you think it is?",
    ),
    (
        r"'(list|tuple)'|sequence by non-int|can only concatenate|converted to an index",
        "a list or tuple is not a number: add up its entries, or take one, first.",
    ),
    (r"'dict'", "a dictionary is not a number: go through its `.items()`."),
    (r"not supported between|unsupported operand", "these two kinds of values cannot be put together: print both."),
    (
        r"unexpected keyword|got an unexpected|takes .* argument|missing .* argument|multiple values",
        "a function is called with arguments that it does not know, or with too few: look at its own line.",
    ),
    (
        r"invalid combination of arguments|must be Tensor|must be (a )?(tuple|int|number)|expected Tensor|argument '",
        "torch is given an argument of another kind than it takes: print it.",
    ),
    (r"KeyError", "the dictionary has no such key: print its keys."),
    (r"ZeroDivisionError", "something is divided by zero."),
    (r"RecursionError", "your function calls itself without an end."),
    (r"NotImplementedError", "this part is not written yet."),
    (r"AssertionError", "an `assert` of your own fails."),
    (r"ModuleNotFoundError|ImportError", "a package is imported that is not here."),
    (r"deepcopy|pickle", "a tensor is copied that hangs on a graph: `.detach()` it first."),
    (
        r"math domain error|expected a positive input|expected a nonnegative",
        "the logarithm or the root of a negative number or of 0 is taken.",
    ),
)


def crash(error: Exception) -> str:
    """Return what stopped the reader's code: the meaning, the reader's last line on the way, and Python's words."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _in_library(frame.filename)]
    words = f"{type(error).__name__}: {str(error).strip()}"
    first = words.splitlines()[0]
    if not frames:
        return f"the check can do nothing with this answer ({first}): has it the form that the exercise asks for?"
    line = frames[-1].line or linecache.getline(frames[-1].filename, frames[-1].lineno).strip()
    meaning = next((said for pattern, said in _MEANINGS if re.search(pattern, f"{words}\n{line}")), None)
    notes = "".join(f"\n  when it was called with {note}" for note in getattr(error, "__notes__", ())[:1])
    said = f"your code stops: {meaning}" if meaning else f"your code stopped with {first}"
    told = f"\n  in Python's words: {first}" if meaning else ""
    return f"{said}\n  line {frames[-1].lineno} of your code: {line or '...'}{notes}{told}"


def _in_library(filename: str) -> bool:
    path = filename.replace("\\", "/")
    return filename.startswith(PACKAGE) or "/site-packages/" in path or "/lib/python" in path or path.startswith("<__array")
