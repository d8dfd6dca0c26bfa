"""What to do about an exception, where its text alone leads nowhere: numpy's arrays and torch's tensors in one formula.

The same in the jail and in `grade check`. The texts are those of torch 2.13 and numpy 2.4; the tests hold them against
what is installed. Neither library is imported here.
"""

from __future__ import annotations

import re

_OPERANDS = re.compile(
    r"unsupported operand type\(s\) for ([^:]+): '(?:numpy\.ndarray' and 'Tensor|Tensor' and 'numpy\.ndarray)'"
)
_WANTS_TENSOR = re.compile(
    r"must be Tensor, not numpy\.\w+|expected Tensor as element \d+ in argument \d+, but got numpy\.\w+"
    r"|invalid combination of arguments - got \([^)]*numpy\.ndarray"
)
_WANTS_TENSOR_NOT_NUMBER = re.compile(r"(\w+)\(\): argument '\w+' \(position \d+\) must be Tensor, not (?:float|int)$")
_NO_METHOD = re.compile(r"'numpy\.ndarray' object has no attribute '(\w+)'")
_NO_METHOD_OF_TENSORS = re.compile(r"'Tensor' object has no attribute '(\w+)'")
_OTHER_KIND = re.compile(
    r"must have the same dtype, but got \w+ and \w+|to have the same dtype, but got: \w+ != \w+"
    r"|expected scalar type \w+ but found \w+"
)
# fmt: off
_OF_TENSORS = frozenset(
    (
        "abs", "clamp", "clone", "cpu", "detach", "dim", "double", "exp", "expand", "float", "log", "long", "mT",
        "numel", "numpy", "permute", "pow", "sqrt", "square", "to", "unsqueeze", "view_as",
    )
)
# fmt: on
_INSTEAD = {"copy": "x.clone()", "astype": "x.to(torch.float32)", "tofile": "torch.save"}


def advice(error: BaseException) -> str:
    """A sentence for an exception of numpy mixed with tensors, "" for any other. Never raises."""
    try:
        text = str(error)[:2000]
    except BaseException:  # noqa: BLE001  __str__ may be a student's
        return ""
    if not isinstance(error, (TypeError, AttributeError, RuntimeError)):
        return ""
    if _OPERANDS.search(text) or text.startswith("Concatenation operation is not implemented for NumPy arrays"):
        return "one of the two is a numpy array, the other a tensor: make a tensor of the array, torch.as_tensor(array)"
    if _WANTS_TENSOR.search(text):
        return "torch's functions take tensors: hand over torch.as_tensor(array), or use numpy's function of that name"
    if number := _WANTS_TENSOR_NOT_NUMBER.search(text):
        return f"torch.{number[1]} takes a tensor: for a plain number use math.{number[1]}, or x ** 0.5 for a root"
    if "Can't call numpy() on Tensor that requires grad" in text:
        return "a function of numpy was given a tensor that carries a slope: use torch's function of that name"
    if (name := _NO_METHOD.search(text)) and name[1] in _OF_TENSORS:
        return f"this is a numpy array, and .{name[1]} belongs to tensors: torch.as_tensor(array).{name[1]}, or np"
    if (name := _NO_METHOD_OF_TENSORS.search(text)) and name[1] in _INSTEAD:
        return f"this is a tensor, and .{name[1]} belongs to numpy's arrays: {_INSTEAD[name[1]]}"
    if _OTHER_KIND.search(text):
        return "numpy's numbers are float64, a network's float32: bring them to one kind, y.to(x.dtype)"
    if _raised_by_numpy(error) and ("argument 'dim'" in text or "keyword argument 'axis'" in text):
        return "a function of numpy was given a tensor: use torch's function of that name"
    return ""


def _raised_by_numpy(error: BaseException) -> bool:
    """Whether one of numpy's functions called what raised."""

    traceback = error.__traceback__
    for _ in range(200):
        if traceback is None:
            break
        if traceback.tb_frame.f_code.co_filename.replace("\\", "/").endswith("numpy/_core/fromnumeric.py"):
            return True
        traceback = traceback.tb_next
    return False
