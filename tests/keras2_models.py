"""Models of Keras 2 that cover what its files have and Keras 3's have not. They need tf_keras; what it wrote and answered is recorded as text."""

import tensorflow as tf
import tf_keras
from tf_keras import layers


def nested():
    """As Teachable Machine writes them: a MobileNet's block within two Sequentials, partly frozen, with augmentation."""
    image = tf_keras.Input((16, 16, 3))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False)(image))
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(layers.ZeroPadding2D(((0, 1), (0, 1)))(layers.ReLU(6.0)(x)))
    x = layers.BatchNormalization()(layers.SeparableConv2D(8, 3)(x))
    base = tf_keras.Model(image, layers.GlobalAveragePooling2D()(x), name="base")
    for layer in base.layers[:4]:
        layer.trainable = False
    head = tf_keras.Sequential([layers.Dense(5, activation="relu"), layers.Dropout(0.2), layers.Dense(3, activation="softmax")])
    front = tf_keras.Sequential([layers.RandomFlip(), layers.RandomRotation(0.1), layers.Rescaling(2.0, -1.0)])
    model = tf_keras.Sequential([layers.InputLayer(input_shape=(16, 16, 3)), front, base, head])
    model.compile(tf_keras.optimizers.Adam(0.01), "categorical_crossentropy")
    return model


def functions():
    """Functions of TensorFlow's between the layers, with constants first and last, several outputs, lists, slices."""
    image = tf_keras.Input((12, 12, 3))
    x = tf.cast(image, "float32") / 0.5 - 1.0
    x = tf.nn.relu6(1.0 - x[:, 1:-1, :, ::-1] + 0.1)
    x = layers.Conv2D(8, 3, activation=tf.nn.swish)(tf.image.resize(x, (8, 8)))
    x = x * tf.nn.relu6(x + 3.0) * (1 / 6)
    first, second = tf.split(x, 2, axis=-1)
    x = tf.concat([tf.maximum(first, second), tf.math.sigmoid(first), second**2], axis=-1)
    x = tf.nn.bias_add(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), tf.range(12.0) / 12)
    x = tf.transpose(x, [0, 2, 1, 3]) * tf.constant([0.5] * 12)
    x = tf.clip_by_value(tf.nn.leaky_relu(-x, 0.1), -2.0, 0.5)
    x = tf.squeeze(tf.reduce_mean(x, [1, 2], keepdims=True), [1, 2])
    x = tf.unstack(tf.stack([x, tf.math.l2_normalize(x, -1)], 1), axis=1)[1]
    x = tf.nn.gelu(tf.reshape(x, [-1, 3, 4]))
    return tf_keras.Model(image, tf.nn.softmax(layers.Dense(3)(layers.Flatten()(tf.expand_dims(x, 1)))))


def odd():
    """Slashes in names, layers that are shared, a hard sigmoid of another slope, arguments that Keras 3 has no more."""
    image = tf_keras.Input((None, None, 3), name="in/put")
    norm = layers.Normalization()
    norm.build((None, None, None, 3))
    x = norm(layers.Resizing(14, 14, crop_to_aspect_ratio=True)(image))
    shared = tf_keras.Sequential(
        [tf_keras.Input((14, 14, 3)), layers.Conv2D(3, 3, padding="same", name="con/v"), layers.BatchNormalization(renorm=True)]
    )
    x = layers.Add(name="a/b")([shared(x), shared(shared(x))])
    x = layers.Conv2D(4, 3, activation="hard_sigmoid", kernel_regularizer="l2", bias_constraint="non_neg", name="a_b")(x)
    x = layers.ThresholdedReLU(0.2)(layers.PReLU(shared_axes=[1, 2])(layers.LeakyReLU(0.1)(x)))
    x = layers.Activation("hard_sigmoid")(layers.GroupNormalization(2)(layers.GaussianNoise(0.1)(x)))
    dense = layers.Dense(6, kernel_initializer=tf_keras.initializers.Orthogonal(), dtype=tf_keras.mixed_precision.Policy("float32"))
    return tf_keras.Model(image, layers.Dense(3, activation=tf.nn.softmax)(dense(dense(layers.Dense(6)(layers.Flatten()(x))))))


def sequences():
    """Attention and recurrent layers, whose weights lie in objects inside."""
    image = tf_keras.Input((6, 6, 3))
    x = layers.Reshape((12, 9))(image)
    x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 4)(x, x))
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    return tf_keras.Model(image, layers.Dense(3)(layers.GRU(4)(layers.Conv1D(4, 3)(x))))


MODELS = {"nested": nested, "functions": functions, "odd": odd, "sequences": sequences}
