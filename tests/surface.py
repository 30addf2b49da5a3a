"""The names that lamina promises, by area; test_surface.py asks for each of them.

Names only: what they do stands in the tables of cases.
"""

# ruff: noqa: SIM905, a list of names reads best as text
NAMES = {
    "nn": """
        Module Parameter Buffer UninitializedParameter UninitializedBuffer
        Sequential ModuleList ModuleDict ParameterList ParameterDict
        DataParallel SyncBatchNorm
        Linear Bilinear Identity Flatten Unflatten LazyLinear
        Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d
        LazyConv1d LazyConv2d LazyConv3d
        LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d
        MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d
        AvgPool1d AvgPool2d AvgPool3d FractionalMaxPool2d FractionalMaxPool3d
        LPPool1d LPPool2d LPPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d
        AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d
        ReflectionPad1d ReflectionPad2d ReflectionPad3d
        ReplicationPad1d ReplicationPad2d ReplicationPad3d ZeroPad1d ZeroPad2d ZeroPad3d
        ConstantPad1d ConstantPad2d ConstantPad3d CircularPad1d CircularPad2d CircularPad3d
        ELU Hardshrink Hardsigmoid Hardtanh Hardswish LeakyReLU LogSigmoid PReLU ReLU ReLU6
        RReLU SELU CELU GELU Sigmoid SiLU Mish Softplus Softshrink Softsign Tanh Tanhshrink
        Threshold GLU Softmin Softmax Softmax2d LogSoftmax AdaptiveLogSoftmaxWithLoss
        BatchNorm1d BatchNorm2d BatchNorm3d LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d
        GroupNorm InstanceNorm1d InstanceNorm2d InstanceNorm3d
        LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d
        LayerNorm LocalResponseNorm RMSNorm CrossMapLRN2d
        Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout
        Embedding EmbeddingBag RNN LSTM GRU RNNCell LSTMCell GRUCell RNNBase RNNCellBase
        MultiheadAttention Transformer TransformerEncoder TransformerDecoder
        TransformerEncoderLayer TransformerDecoderLayer
        Upsample UpsamplingNearest2d UpsamplingBilinear2d PixelShuffle PixelUnshuffle
        ChannelShuffle Fold Unfold CosineSimilarity PairwiseDistance
        L1Loss MSELoss CrossEntropyLoss CTCLoss NLLLoss PoissonNLLLoss GaussianNLLLoss KLDivLoss
        BCELoss BCEWithLogitsLoss MarginRankingLoss HingeEmbeddingLoss MultiLabelMarginLoss
        HuberLoss SmoothL1Loss SoftMarginLoss MultiLabelSoftMarginLoss CosineEmbeddingLoss
        MultiMarginLoss TripletMarginLoss TripletMarginWithDistanceLoss
        LinearCrossEntropyLoss
        Maxout Step Standardize MinMaxScale FocalLoss LogCoshLoss QuantileLoss MAPELoss
        ExponentialLoss HingeLoss SquaredHingeLoss PerceptronLoss
    """,
    "nn.functional": """
        linear bilinear conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d
        conv_tbc unfold fold avg_pool1d avg_pool2d avg_pool3d max_pool1d max_pool2d max_pool3d
        max_unpool1d max_unpool2d max_unpool3d lp_pool1d lp_pool2d lp_pool3d
        adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d
        adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d
        fractional_max_pool2d fractional_max_pool3d pad
        threshold threshold_ relu relu_ hardtanh hardtanh_ hardswish relu6 elu elu_ selu selu_
        celu celu_ leaky_relu leaky_relu_ prelu rrelu rrelu_ glu gelu logsigmoid hardshrink
        tanhshrink softsign softplus softmin softmax softshrink gumbel_softmax log_softmax tanh
        sigmoid hardsigmoid silu mish batch_norm group_norm instance_norm layer_norm
        local_response_norm rms_norm normalize
        dropout alpha_dropout feature_alpha_dropout dropout1d dropout2d dropout3d
        embedding embedding_bag one_hot pairwise_distance cosine_similarity pdist
        scaled_dot_product_attention multi_head_attention_forward
        binary_cross_entropy binary_cross_entropy_with_logits poisson_nll_loss
        cosine_embedding_loss cross_entropy linear_cross_entropy ctc_loss gaussian_nll_loss
        hinge_embedding_loss kl_div l1_loss mse_loss margin_ranking_loss multilabel_margin_loss
        multilabel_soft_margin_loss multi_margin_loss nll_loss huber_loss smooth_l1_loss
        soft_margin_loss triplet_margin_loss triplet_margin_with_distance_loss
        pixel_shuffle pixel_unshuffle channel_shuffle interpolate upsample upsample_nearest
        upsample_bilinear grid_sample affine_grid
    """,
    "nn.init": """
        calculate_gain uniform_ normal_ constant_ ones_ zeros_ eye_ dirac_ xavier_uniform_
        xavier_normal_ kaiming_uniform_ kaiming_normal_ trunc_normal_ orthogonal_ sparse_
        lecun_normal_ lecun_uniform_
    """,
    "nn.utils": """
        clip_grad_norm_ clip_grad_value_ get_total_norm clip_grads_with_norm_
        parameters_to_vector vector_to_parameters fuse_conv_bn_eval fuse_conv_bn_weights
        fuse_linear_bn_eval fuse_linear_bn_weights weight_norm remove_weight_norm spectral_norm
        remove_spectral_norm skip_init l1_penalty l2_penalty parametrizations.orthogonal
        parametrizations.weight_norm parametrizations.spectral_norm
        parametrize.register_parametrization parametrize.remove_parametrizations
        parametrize.cached parametrize.is_parametrized parametrize.ParametrizationList
        rnn.PackedSequence rnn.pack_padded_sequence rnn.pad_packed_sequence rnn.pad_sequence
        rnn.unpad_sequence rnn.pack_sequence rnn.unpack_sequence
    """,
    "optim": """
        Optimizer SGD Adagrad Adadelta RMSprop Adam AdamW Adamax NAdam RAdam Rprop ASGD
        Adafactor LBFGS Muon Lion
    """,
    "optim.lr_scheduler": """
        LRScheduler LambdaLR MultiplicativeLR StepLR MultiStepLR ConstantLR LinearLR
        ExponentialLR PolynomialLR CosineAnnealingLR ChainedScheduler SequentialLR
        ReduceLROnPlateau CyclicLR OneCycleLR CosineAnnealingWarmRestarts
    """,
    "optim.swa_utils": """
        AveragedModel SWALR update_bn get_ema_avg_fn get_ema_multi_avg_fn get_swa_avg_fn
        get_swa_multi_avg_fn
    """,
    "distributions": """
        Distribution Categorical Normal Bernoulli Uniform Beta Gamma Dirichlet Exponential
        MultivariateNormal Independent TransformedDistribution kl_divergence
    """,
    "autograd": """
        backward grad no_grad enable_grad inference_mode set_grad_enabled Function gradcheck
        gradgradcheck detect_anomaly Variable
    """,
}
NAMES = {area: names.split() for area, names in NAMES.items()}

MODULE_METHODS = """
    parameters named_parameters children named_children modules named_modules buffers
    named_buffers register_parameter register_buffer register_module add_module
    register_forward_hook register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_backward_hook
    register_state_dict_post_hook register_state_dict_pre_hook
    register_load_state_dict_pre_hook register_load_state_dict_post_hook state_dict
    load_state_dict train eval apply requires_grad_ zero_grad extra_repr forward get_parameter
    get_buffer get_submodule set_submodule to float double cpu type
""".split()

# What PyTorch has and lamina has not, with the reason.
DEPRECATED = "deprecated in PyTorch, with another name to use"
INSIDE = "a part of PyTorch's own workings"
ABSENT = {
    "nn": {
        "Container": DEPRECATED,
        "NLLLoss2d": DEPRECATED,
        "LinearCrossEntropyOptions": "chunks of logits, for vocabularies of language models",
        "factory_kwargs": INSIDE,
    },
    "nn.functional": {
        "assert_int_or_pair": INSIDE,
        "boolean_dispatch": INSIDE,
        "handle_torch_function": INSIDE,
        "has_torch_function": INSIDE,
        "has_torch_function_unary": INSIDE,
        "has_torch_function_variadic": INSIDE,
        "ScalingType": "scaled products of 8-bit floats",
        "SwizzleType": "scaled products of 8-bit floats",
        "scaled_mm": "scaled products of 8-bit floats",
        "scaled_grouped_mm": "scaled products of 8-bit floats",
        "grouped_mm": "products of ragged groups, for other devices",
        "native_channel_shuffle": INSIDE,
    },
    "nn.init": dict.fromkeys(
        (
            "constant dirac eye kaiming_normal kaiming_uniform normal orthogonal sparse uniform"
            " xavier_normal xavier_uniform"
        ).split(),
        DEPRECATED,
    ),
    "nn.utils": {
        "clip_grad_norm": DEPRECATED,
        "convert_conv2d_weight_memory_format": "tensors have one memory format",
        "convert_conv3d_weight_memory_format": "tensors have one memory format",
    },
    "optim": {
        "SparseAdam": "gradients are dense",
        "swap_in_optimizer_params_and_state": INSIDE,
    },
    "optim.lr_scheduler": {},
    "optim.swa_utils": {},
}

# Whose parameters differ from PyTorch's, with the reason.
SIGNATURES = {
    "nn.functional.normalize": "functions of lamina return their result; none has out=",
    "optim.RMSprop": "nesterov= is promised beyond PyTorch",
}
