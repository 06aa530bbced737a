"""Models whose summaries are recorded from real Keras; ``keras`` is either of the two."""


def texts(keras) -> dict:
    """The summary of each model by name, with the terminal's width fixed by COLUMNS=80."""
    found = {}
    layers, model_of, inputs = keras.layers, keras.Model, keras.Input

    def show(name, model, **options):
        parts = []
        model.summary(print_fn=lambda text, **_: parts.append(text), **options)
        found[name] = "".join(parts)

    cnn = keras.Sequential(
        [
            inputs((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.BatchNormalization(),
            layers.Dense(300),
            layers.Dense(10, activation="softmax"),
        ]
    )
    show("cnn", cnn)
    show("cnn trainable", cnn, show_trainable=True)
    show("cnn wide", cnn, line_length=78)
    show("cnn positions", cnn, positions=[0.3, 0.6, 1.0])
    unbuilt = [layers.Dense(3), layers.Dropout(0.5), layers.Flatten(), layers.ReLU()]
    show("unbuilt", keras.Sequential(unbuilt, name="unbuilt"))
    a, b = inputs((4,), name="a"), inputs((4,))
    shared = layers.Dense(4)
    joined = layers.concatenate([shared(a), shared(b)])
    two = model_of([a, b], layers.Dense(2, name="out")(joined))
    show("two inputs", two)
    show("two inputs trainable", two, show_trainable=True)
    deep = keras.Sequential([inputs((4,)), layers.Dense(3), layers.Dense(2)], name="deep")
    inner = keras.Sequential([inputs((4,)), deep, layers.Dense(5)], name="inner")
    outer = keras.Sequential([inputs((4,)), inner, layers.Dense(1)], name="outer")
    show("nested", outer)
    show("nested expanded", outer, expand_nested=True)
    inner.trainable = False
    show("nested frozen", outer, expand_nested=True, show_trainable=True)
    x = inputs((4,))
    inside = model_of(x, layers.Dense(3)(x), name="inside")
    y = inputs((4,))
    chain = model_of(y, layers.Dense(2)(inside(y)))
    show("functional chain", chain, expand_nested=True)
    show("range", chain, layer_range=["input", "inside"])
    z = inputs((4,))
    show("two outputs", model_of(z, [layers.Dense(2)(z), layers.Dense(3)(z)]))
    w, twice = inputs((4,)), layers.Dense(4)
    show("twice", model_of(w, twice(twice(w))))
    v = inputs((4,))
    show("operators", model_of(v, (v * 2.0 + 1.0)[:, :2]))
    grown = keras.Sequential([layers.Dense(3)])
    grown.build((None, 4))
    grown.add(layers.Dense(2))
    show("grown", grown)
    grown.pop()
    show("popped", grown)
    return found
