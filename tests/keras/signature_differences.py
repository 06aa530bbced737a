"""Where Caudal is called otherwise than Keras 3.15.1, by reason. Names are those of
golden_signatures.json; the end of one, as ``convert_weight``, stands for all that end so.
"""


def _table(reasons):
    return {name for names in reasons.values() for name in names.split()}


ABSENT = _table(
    {
        # These run foreign frameworks' models; the issue leaves them out.
        "wrappers of JAX, Flax and Torch": """layers.FlaxLayer layers.JaxLayer
            layers.TorchModuleWrapper layers.FlaxLayer.from_config layers.JaxLayer.build
            layers.JaxLayer.call layers.JaxLayer.from_config layers.TorchModuleWrapper.call
            layers.TorchModuleWrapper.compute_output_shape layers.TorchModuleWrapper.from_config
            layers.TorchModuleWrapper.load_own_variables layers.TorchModuleWrapper.parameters
            layers.TorchModuleWrapper.save_own_variables""",
        "OrbaxCheckpoint only says what to use instead": """OrbaxCheckpoint.is_multihost_enabled
            OrbaxCheckpoint.is_primary_host OrbaxCheckpoint.wait_until_finished""",
        "Keras's own says that it does not exist any more": "Layer.add_metric",
        "steps of Keras's own implementation, documented nowhere": """convert_weight
            convolution_op finalize_state reset_state update_state get_dropout_mask
            get_recurrent_dropout_mask reset_dropout_mask reset_recurrent_dropout_mask inner_loop
            interpolate_pr_auc linear_to_mel_weight_matrix get_clipped_bbox get_shifted_bbox
            get_transformed_x_y get_elastic_transform_params
            transpose_last_axis save_assets convert_input quantized_call rematerialized_call
            make_predict_function make_test_function make_train_function check_finite
            distribute_tf_dataset""",
        "an attribute of the object, not of its class": "Model.loss Sequential.loss Distiller.loss",
        "scikit-learn adds it where metadata routing is on": "set_fit_request",
        "one transformation serves single images and batches": """transform_single_bounding_box
            transform_single_image transform_single_label transform_single_segmentation_mask""",
    }
)

CALLED_OTHERWISE = _table(
    {
        # Nothing can be given to either; Python shows the check in front of the constructor.
        "no constructor": """Initializer Regularizer constraints.Constraint constraints.NonNeg
            initializers.Ones initializers.Zeros""",
        "Keras hides behind *args what the class takes": """Optimizer Sequential
            optimizers.legacy.Adagrad""",
        "one class with tf.Variable, whose names these are": """Variable Variable.assign_add
            Variable.assign_sub""",
        "a name first, as in Keras 2, is understood": "Layer.add_variable Metric.add_variable",
        "Keras 2's defaults still hold": """layers.AveragePooling1D layers.AveragePooling2D
            layers.AveragePooling3D""",
        "1 stands for as many ones as there are axes": """layers.Conv2D layers.Conv3D
            layers.DepthwiseConv2D layers.SeparableConv2D""",
        "None takes the format from the path": "Model.export",
        "one name in all classes: that of the base class": """build RNN.compute_mask
            Bidirectional.compute_mask ConvLSTM1D.compute_mask ConvLSTM2D.compute_mask
            ConvLSTM3D.compute_mask Bidirectional.compute_output_shape RNN.compute_output_shape
            ConvLSTM1D.compute_output_shape ConvLSTM2D.compute_output_shape
            ConvLSTM3D.compute_output_shape SimpleRNNCell.call
            quantized_build update_step RandomGrayscale.get_random_transformation
            transform_bounding_boxes transform_labels transform_segmentation_masks
            transform_images""",
        "any arguments of call; the shape is found by trying": """compute_output_spec
            Activation.compute_output_shape STFTSpectrogram.compute_output_shape
            RandomCrop.compute_output_shape""",
        "an optional argument": "finalize_variable_values track_and_add_endpoint",
        "what cannot be made needs no arguments": "callbacks.OrbaxCheckpoint",
        "not a class's parts, or none that custom objects could be": """DTypePolicyMap.from_config
            OptimizerMap.from_config Discretization.from_config Rescaling.from_config
            Lambda.from_config TFSMLayer.from_config""",
        "as in tf.nest, which is one function with it": """tree.assert_same_structure
            tree.map_structure""",
        "Python's own way of an optional argument": "DTypePolicyMap.pop",
    }
)

MORE = _table(
    {
        "Keras 2's": """LayerNormalization add_loss apply_gradients Variable.assign utils.load_img
            ops.relu StringLookup Model.load_weights saving.load_weights Model.save_weights
            saving.save_weights callbacks.BackupAndRestore smart_resize""",
        "as the base class's": """ConvLSTM1D.from_config ConvLSTM2D.from_config
            ConvLSTM3D.from_config GRU.from_config LSTM.from_config SimpleRNN.from_config""",
        "for Caudal itself": """name_scope Distiller.from_config
            CategoryEncoding.compute_output_shape""",
    }
)
