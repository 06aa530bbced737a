"""``keras.backend``: the functions that programs before Keras 3 are written with.

``settings``: the global ones, and the learning phase. ``tensors``: arithmetic, reductions and
shapes. ``networks``: convolutions, poolings, losses, recurrence. ``values``: variables, and
functions made of symbolic tensors.
"""

from caudal.namespaces import lazy, table

_PLACES = table(
    {
        "caudal.keras.backend.experimental": "*",
        "caudal.keras.backend.settings": (
            "backend clear_session epsilon floatx get_uid image_data_format image_dim_ordering "
            "in_test_phase in_train_phase learning_phase learning_phase_scope "
            "manual_variable_initialization reset_uids set_epsilon set_floatx "
            "set_image_data_format set_image_dim_ordering set_learning_phase"
        ),
        "caudal.keras.backend.tensors": (
            "abs all any arange argmax argmin batch_dot batch_flatten cast cast_to_floatx clip "
            "concatenate constant cos cumprod cumsum dot equal exp expand_dims flatten gather "
            "greater greater_equal identity less less_equal log logsumexp max maximum mean min "
            "minimum not_equal one_hot ones_like permute_dimensions pow print_tensor prod "
            "random_bernoulli random_binomial=random_bernoulli random_normal random_uniform repeat "
            "repeat_elements reshape reverse round shape sigmoid sign sin sqrt square squeeze "
            "stack std stop_gradient sum tanh tile to_dense transpose truncated_normal var "
            "zeros_like"
        ),
        "caudal.sparse.decoding": "ctc_label_dense_to_sparse",
        "caudal.keras.backend.networks": (
            "batch_normalization bias_add binary_crossentropy binary_focal_crossentropy "
            "categorical_crossentropy categorical_focal_crossentropy conv1d conv2d "
            "conv2d_transpose conv3d ctc_batch_cost ctc_decode depthwise_conv2d dropout elu foldl "
            "foldr hard_sigmoid in_top_k l2_normalize map_fn pool2d pool3d relu resize_images "
            "resize_volumes rnn separable_conv2d softmax softplus softsign "
            "sparse_categorical_crossentropy spatial_2d_padding spatial_3d_padding switch "
            "temporal_padding"
        ),
        "caudal.keras.backend.values": (
            "Variable batch_get_value batch_set_value count_params dtype eval eye function "
            "get_value get_variable_shape gradients int_shape is_keras_tensor is_placeholder "
            "is_sparse is_tensor moving_average_update name_scope ndim ones placeholder "
            "random_normal_variable random_uniform_variable set_value update update_add "
            "update_sub variable zeros"
        ),
        "caudal.keras.ops.promotion": "result_type",
        "caudal.keras.backend.dtypes": "is_float_dtype is_int_dtype standardize_dtype",
    }
)

_SESSION = "Sessions left Keras: call the model or function directly."
_GONE = {"get_session": _SESSION, "set_session": _SESSION}

__getattr__, __dir__ = lazy(__name__, _PLACES, label="keras.backend", gone=_GONE)
