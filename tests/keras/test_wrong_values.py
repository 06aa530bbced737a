"""Every public class, every argument that they share: a wrong value raises and names it."""

import pytest
from wrong_values import classes, needed, parameters, wrong_values

from caudal.errors import CaudalError

CLASSES = [pytest.param(home, kind, id=f"{home}.{kind.__name__}") for home, kind in classes()]
# Unknown names are handed on, or warned of as in Keras 2.
TAKE_ALL = {"LossFunctionWrapper", "MeanMetricWrapper", "ModelCheckpoint", "LambdaCallback"}


def test_there_are_many():
    pairs = [pair for home, kind in classes() for pair in wrong_values(home, kind)]
    assert len(list(classes())) > 250
    assert len(pairs) > 1500


@pytest.mark.parametrize(("home", "kind"), CLASSES)
def test_wrong_values_are_named(home, kind):
    good = needed(kind)
    kind(**good)
    for name, value in wrong_values(home, kind):
        with pytest.raises(CaudalError) as caught:
            kind(**{**good, name: value})
        assert name in str(caught.value), (name, value)


@pytest.mark.parametrize(
    ("home", "kind"), [one for one in CLASSES if one.values[1].__name__ not in TAKE_ALL]
)
def test_unknown_keywords_are_named_with_the_nearest(home, kind):
    good = needed(kind)
    with pytest.raises(CaudalError, match="zzz"):
        kind(**good, zzz=1)
    for name in parameters(kind):
        if len(name) < 5 or name in good:
            continue
        typo = name[:2] + name[3:]
        with pytest.raises(CaudalError, match=typo) as caught:
            kind(**good, **{typo: None})
        assert name in str(caught.value).replace(typo, "")
