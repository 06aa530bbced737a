import numpy as np
from programs import raised, values


def scores(*shape, start=0.3):
    return (values(*shape, start=start) / 4 + 0.5).astype("float32")


def followed(keras, make, true, pred, weights=None, config=True):
    """The result after one batch and two, with weights, after a reset; the configuration."""
    half = len(true) // 2
    metric = make()
    found = {}
    metric.update_state(true[:half], pred[:half])
    found["first"] = metric.result()
    metric.update_state(true[half:], pred[half:])
    found["both"] = metric.result()
    if weights is not None:
        metric.reset_state()
        metric.update_state(true, pred, sample_weight=weights)
        found["weighted"] = metric.result()
    if config:
        found["config"] = metric.get_config()
        twin = type(metric).from_config(metric.get_config())
        twin.update_state(true, pred)
        found["twin"] = twin.result()
    return found


def named(prefix, found):
    return {f"{prefix}.{key}": value for key, value in found.items()}


TRUE = np.eye(4, dtype="float32")[[0, 1, 2, 3, 1, 1, 0, 2]]
LABELS = np.array([[0, 1, 1, 0], [1, 0, 0, 1], [1, 1, 1, 0], [0, 0, 0, 0]] * 2, "float32")
WEIGHTS = np.array([1, 0.5, 2, 0, 1, 3, 0.25, 1], "float32")


def case_f_scores(keras):
    found = {}
    pred = scores(8, 4)
    for average in (None, "micro", "macro", "weighted"):
        for threshold in (None, 0.5):
            for beta in (1.0, 2.0):
                found |= named(
                    f"{average},{threshold},{beta}",
                    followed(
                        keras,
                        lambda a=average, t=threshold, b=beta: keras.metrics.FBetaScore(a, b, t),
                        LABELS if threshold else TRUE,
                        pred,
                        WEIGHTS,
                    ),
                )
    found |= named("f1", followed(keras, keras.metrics.F1Score, TRUE, pred, WEIGHTS))
    for i, options in enumerate(
        [{"average": "x"}, {"beta": 0.0}, {"beta": 1}, {"threshold": 2.0}, {"threshold": 1}]
    ):
        found[f"wrong{i}"] = raised(keras.metrics.FBetaScore, **options)
    found["rank"] = raised(keras.metrics.F1Score().update_state, TRUE[0], pred[0])
    return found


def case_iou(keras):
    m = keras.metrics
    true = np.array([[0, 1, 2, 2], [1, 0, 2, 1], [0, 0, 1, 1], [2, 2, 2, 0]])
    pred = np.array([[0, 1, 1, 2], [1, 0, 2, 2], [0, 1, 1, 1], [2, 0, 2, 0]])
    weights = np.arange(16).reshape(4, 4) % 4
    one_hot = np.eye(3, dtype="float32")[true]
    soft = scores(4, 4, 3)
    found = {}
    rows = [
        ("iou", lambda: m.IoU(3, [0, 2]), true, pred),
        ("one", lambda: m.IoU(3, [1], name="cat"), true, pred),
        ("ignored", lambda: m.IoU(3, [0, 1], ignore_class=2), true, pred),
        ("absent", lambda: m.IoU(5, [0, 4]), true, pred),
        ("mean", lambda: m.MeanIoU(3), true, pred),
        ("mean absent", lambda: m.MeanIoU(5), true, pred),
        ("mean ignored", lambda: m.MeanIoU(3, ignore_class=0), true, pred),
        ("mean soft", lambda: m.MeanIoU(3, sparse_y_pred=False), true, soft),
        ("one hot", lambda: m.OneHotIoU(3, [0, 1]), one_hot, soft),
        ("one hot sparse", lambda: m.OneHotIoU(3, [0, 1], sparse_y_pred=True), one_hot, pred),
        ("one hot mean", lambda: m.OneHotMeanIoU(3), one_hot, soft),
    ]
    for name, make, y_true, y_pred in rows:
        found |= named(name, followed(keras, make, y_true, y_pred, weights))
    truth, guess = (true > 0).astype("float32"), scores(4, 4, start=1.0)
    for name, make in [
        ("binary", lambda: m.BinaryIoU()),
        ("binary 1", lambda: m.BinaryIoU([1], 0.3)),
    ]:
        found |= named(name, followed(keras, make, truth, guess, weights))
    found["wrong"] = raised(m.IoU, 3, [3])
    found["wrong binary"] = raised(m.BinaryIoU, [2])
    return found


def case_operating_points(keras):
    m = keras.metrics
    true = (values(40, start=2.0) > 0.2).astype("float32")
    pred = np.clip(scores(40) * 0.6 + true * 0.3, 0, 1).astype("float32")
    weights = scores(40, start=1.0)
    found = {}
    for name in (
        "PrecisionAtRecall",
        "RecallAtPrecision",
        "SensitivityAtSpecificity",
        "SpecificityAtSensitivity",
    ):
        kind = getattr(m, name)
        for value in (0.4, 0.8, 1.0):
            for count in (200, 5, 1):
                found |= named(
                    f"{name},{value},{count}",
                    followed(keras, lambda k=kind, v=value, c=count: k(v, c), true, pred, weights),
                )
        columns, guesses = true.reshape(10, 4), pred.reshape(10, 4)
        found |= named(
            f"{name},class",
            followed(keras, lambda k=kind: k(0.5, class_id=2), columns, guesses, weights[:10]),
        )
        found[f"{name},wrong"] = raised(kind, 1.5)
        found[f"{name},count"] = raised(kind, 0.5, num_thresholds=0)
    return found


def case_correlations(keras):
    m = keras.metrics
    true, pred = values(6, 5), values(6, 5, start=0.5) + values(6, 5) * 0.4
    weights = scores(6)
    found = {}
    for name in ("PearsonCorrelation", "ConcordanceCorrelation"):
        for axis in (-1, 0, (0, 1)):
            found |= named(
                f"{name},{axis}",
                followed(
                    keras,
                    lambda k=getattr(m, name), a=axis: k(axis=a),
                    true,
                    pred,
                    weights if axis == -1 else None,
                ),
            )
    found["pearson"] = m.pearson_correlation(true, pred)
    found["concordance"] = m.concordance_correlation(true, pred, axis=0)
    return found


def case_r2(keras):
    m = keras.metrics
    true, pred = values(8, 3), values(8, 3) * 0.8 + values(8, 3, start=2.0) * 0.3
    weights = scores(8)
    found = {}
    for how in (None, "uniform_average", "variance_weighted_average"):
        for count in (0, 2):
            found |= named(
                f"{how},{count}",
                followed(
                    keras,
                    lambda h=how, c=count: m.R2Score(h, c),
                    true,
                    pred,
                    weights if not count else None,
                ),
            )
    flat = np.ones((4, 2), "float32")
    found |= named("constant", followed(keras, m.R2Score, flat, flat))
    found |= named("off", followed(keras, m.R2Score, flat, flat * 2))
    found["wrong"] = raised(m.R2Score, "mean")
    found["regressors"] = raised(m.R2Score, num_regressors=-1)
    return found


def case_top_k(keras):
    m = keras.metrics
    pred = scores(8, 4)
    found = {}
    for name in ("Precision", "Recall"):
        kind = getattr(m, name)
        for options in (
            {"top_k": 1},
            {"top_k": 2},
            {"top_k": 3, "class_id": 1},
            {"top_k": 2, "thresholds": 0.6},
            {"thresholds": [0.2, 0.6]},
        ):
            found |= named(
                f"{name}{options}",
                followed(keras, lambda k=kind, o=options: k(**o), LABELS, pred, WEIGHTS),
            )
    return found


def case_auc_of_many_labels(keras):
    m = keras.metrics
    pred = scores(8, 4)
    true = LABELS.copy()
    true[:, 3] = [0, 1, 1, 0, 1, 0, 0, 1]
    found = {}
    for options in (
        {"multi_label": True},
        {"multi_label": True, "curve": "PR"},
        {"multi_label": True, "curve": "PR", "summation_method": "minoring"},
        {"multi_label": True, "num_labels": 4, "label_weights": [0.1, 0.4, 0.3, 0.2]},
        {"multi_label": True, "num_thresholds": 10, "summation_method": "majoring"},
        {"multi_label": False, "label_weights": [0.1, 0.4, 0.3, 0.2]},
        {"multi_label": True, "from_logits": True},
    ):
        found |= named(
            str(options),
            followed(
                keras,
                lambda o=options: m.AUC(**o),
                true,
                pred,
                WEIGHTS,
                config=options.get("multi_label"),
            ),
        )
    return found


def case_names(keras):
    get = keras.metrics.get
    found = {}
    for name in (
        "r2_score",
        "f1_score",
        "mean_io_u",
        "pearson_correlation",
        "concordance_correlation",
        "F1Score",
        "R2Score",
    ):
        try:
            metric = get(name)
        except Exception:
            found[name] = "none"
        else:
            found[name] = getattr(metric, "name", None) or metric.__name__
    return found
