"""Wrong calls, generated: a right call of each function with one argument made wrong.

The right calls are the expressions of the tables of golden values. An argument becomes text, None,
a tensor of another rank, shape or dtype, or an axis outside. ``golden_wrong.json`` holds what
TensorFlow 2.21 raises for each (tools/record_wrong_inputs.py); what it accepts is left out.
"""

import ast
import importlib

TABLES = ("cases", "cases_more", "cases_boxes", "cases_transcendental")

_TENSORS = {
    "text": "tf.constant(['a', 'b'])",
    "none": "None",
    "scalar": "tf.constant(1.5)",
    "rank": "tf.ones([1, 2, 1, 1, 2, 1])",
    "shape": "tf.ones([7, 5])",
    "double": "tf.cast({}, tf.float64)",
    "integer": "tf.cast({}, tf.int32)",
    "bool": "tf.cast({}, tf.bool)",
}
_NUMBERS = {"text": "'a'", "none": "None", "far": "99", "low": "-99", "half": "1.5"}


def _text(node):
    """The source of a tree, the same for all versions: Python 3.10 writes ``lambda : x``."""
    return ast.unparse(node).replace("lambda :", "lambda:")


def _literal(node):
    try:
        return ast.literal_eval(node)
    except ValueError:
        return node


def _wrong(node):
    """Wrong spellings of an argument: of a number if it is one, else of a tensor."""
    value = _literal(node)
    if isinstance(value, bool | str) or value is None:
        return {}
    if isinstance(value, int | float):
        return _NUMBERS
    text = _text(node)
    return {label: form.format(text) for label, form in _TENSORS.items()}


def _mutants(expression):
    """Calls with one wrong argument; none if the expression is no call of a tf function."""
    call = ast.parse(expression, mode="eval").body
    if not isinstance(call, ast.Call) or not ast.unparse(call.func).startswith("tf."):
        return
    places = [(call.args, i) for i in range(min(len(call.args), 3))]
    for holder, place in [*places, *((keyword, None) for keyword in call.keywords)]:
        right = holder.value if place is None else holder[place]
        if isinstance(right, ast.Starred):
            continue
        for form in _wrong(right).values():
            wrong = ast.parse(form, mode="eval").body
            if place is None:
                holder.value = wrong
            else:
                holder[place] = wrong
            yield _text(call)
        if place is None:
            holder.value = right
        else:
            holder[place] = right


def tables():
    """The modules of right calls, whose names the calls use."""
    package = __package__ + "." if __package__ else ""
    return [importlib.import_module(package + name) for name in TABLES]


def calls():
    """(module, wrong call): of each function and set of keywords the first right call is taken."""
    seen = set()
    for module in tables():
        for expression in module.CASES:
            call = ast.parse(expression, mode="eval").body
            if not isinstance(call, ast.Call):
                continue
            names = tuple(keyword.arg for keyword in call.keywords)
            key = (ast.unparse(call.func), len(call.args), names)
            if key in seen:
                continue
            seen.add(key)
            for wrong in _mutants(expression):
                yield module, wrong
