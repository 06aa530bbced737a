"""keras.tree: paths, partial structures, shapes, traversal."""

import pytest

from caudal.errors import DTypeError, InvalidArgumentError
from caudal.keras import tree


def test_paths_follow_the_order_of_flatten():
    nested = {"b": [1, (2,)], "a": 3}
    found = tree.flatten_with_path(nested)
    assert found == [(("a",), 3), (("b", 0), 1), (("b", 1, 0), 2)]
    assert [leaf for _, leaf in found] == tree.flatten(nested)


def test_assert_same_paths_ignores_kinds_of_sequence():
    tree.assert_same_paths([1, {"a": 2}], (3, {"a": 4}))
    with pytest.raises(InvalidArgumentError, match="only in the second"):
        tree.assert_same_paths([1], [1, 2])


def test_map_up_to_keeps_what_is_below():
    found = tree.map_structure_up_to([0, [0, 0]], str, [[1, 1], [2, [3]]])
    assert found == ["[1, 1]", ["2", "[3]"]]
    with pytest.raises(InvalidArgumentError):
        tree.map_structure_up_to([0, [0]], str, [1, 2])
    with pytest.raises(DTypeError):
        tree.map_structure_up_to([0], str)


def test_shapes_are_leaves():
    shapes = {"a": (1, None), "b": [(2,), [3, 4]]}
    assert tree.map_shape_structure(len, shapes) == {"a": 2, "b": [1, 2]}
    assert tree.map_shape_structure(lambda shape: None, [(1,), (2,)]) == [None, None]
    assert tree.map_shape_structure(len, {"a": "x"}) == {"a": 1}


def test_traverse_replaces_parts():
    def double(part):
        return part * 2 if isinstance(part, int) else None

    assert tree.traverse(double, [1, {"a": (2,)}]) == [2, {"a": (4,)}]
    seen = []
    tree.traverse(seen.append, [(1,), 2], top_down=False)
    assert seen == [1, (1,), 2, [(1,), 2]]
    assert tree.traverse(lambda part: tree.MAP_TO_NONE if part == 1 else None, [1, 2]) == [None, 2]
    assert tree.lists_to_tuples({"a": [1, [2]]}) == {"a": (1, (2,))}


def test_a_deque_is_a_structure():
    from collections import deque

    queue = deque([1, [2, deque([3])]])
    assert tree.is_nested(queue)
    assert tree.flatten(queue) == [1, 2, 3]
    doubled = tree.map_structure(lambda leaf: leaf * 2, queue)
    assert doubled == deque([2, [4, deque([6])]])
    assert tree.pack_sequence_as(queue, [7, 8, 9]) == deque([7, [8, deque([9])]])


def test_an_ordered_dict_keeps_its_order():
    from collections import OrderedDict

    nested = OrderedDict([("b", 1), ("a", OrderedDict([("d", 2), ("c", 3)]))])
    assert tree.flatten(nested) == [1, 2, 3]
    assert tree.flatten_with_path(nested)[0] == (("b",), 1)
    packed = tree.pack_sequence_as(nested, [7, 8, 9])
    assert list(packed.items()) == [("b", 7), ("a", OrderedDict([("d", 8), ("c", 9)]))]
    seen = []
    assert list(tree.traverse(seen.append, nested)) == ["b", "a"]
    assert seen[1:] == [1, nested["a"], 2, 3]
    with pytest.raises(InvalidArgumentError, match="leaves"):
        tree.pack_sequence_as(nested, [1])
