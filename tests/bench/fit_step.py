"""Times fit steps of the same network in Keras on the CPU, and prints the seconds of each step as JSON.

    python3 fit_step.py WIDTHS STEM BATCH CROP STEPS      # fit_step.py 16,32,64,128,256 2 16 192 5

Like `train fit`: batch normalisation, binary cross-entropy plus 1 minus soft Dice, AdamW with gradients clipped to norm 1,
and an EMA of the weights. Channels last, the layout that TensorFlow supports on a CPU, and traced once.
"""
import json
import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
from keras import layers

widths = [int(width) for width in sys.argv[1].split(",")]
stem, batch, crop, steps = (int(argument) for argument in sys.argv[2:])
WARM_UP = 2


def pair(x, width):
    for _ in range(2):
        x = layers.Conv2D(width, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x))
    return x


def unet():
    image = keras.Input((crop, crop, 3), batch)
    x = image if stem == 1 else layers.Lambda(lambda x: tf.nn.space_to_depth(x, stem))(image)
    skips = []
    for depth, width in enumerate(widths):
        x = pair(x if depth == 0 else layers.MaxPooling2D()(x), width)
        skips.append(x)
    for depth in reversed(range(len(widths) - 1)):
        up = layers.Conv2DTranspose(widths[depth], 2, strides=2)(x)
        x = pair(layers.Concatenate()([skips[depth], up]), widths[depth])
    x = layers.Conv2D(stem * stem, 1)(x)
    x = x if stem == 1 else layers.Lambda(lambda x: tf.nn.depth_to_space(x, stem))(x)
    return keras.Model(image, x)


model = unet()
weights = model.trainable_variables
optimiser = keras.optimizers.AdamW(1e-4, weight_decay=1e-2, global_clipnorm=1.0, use_ema=True, ema_momentum=0.998)
optimiser.build(weights)


@tf.function
def step(images, references):
    with tf.GradientTape() as tape:
        logits = model(images, training=True)
        entropy = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=references, logits=logits))
        probability = tf.sigmoid(logits)
        overlap, total = tf.reduce_sum(probability * references), tf.reduce_sum(probability) + tf.reduce_sum(references)
        loss = entropy - (2.0 * overlap + 1.0) / (total + 1.0) + 1.0
    optimiser.apply(tape.gradient(loss, weights), weights)
    return loss


random = np.random.default_rng(1)
images = tf.constant(random.standard_normal((batch, crop, crop, 3)), tf.float32)
references = tf.constant(random.random((batch, crop, crop, 1)) < 0.1, tf.float32)
seconds = []
for _ in range(WARM_UP + steps):
    start = time.perf_counter()
    step(images, references).numpy()
    seconds.append(time.perf_counter() - start)
parameters = int(sum(np.prod(weight.shape) for weight in weights))
print(json.dumps({"step_s": seconds[WARM_UP:], "parameters": parameters, "versions": f"Keras {keras.__version__}, TensorFlow {tf.__version__}"}))
