"""Keras layers that change nothing at inference."""

from keras import layers

# RandomCrop is not among them: it crops at inference too.
_AUGMENTING = (
    *(layers.AugMix, layers.CutMix, layers.MixUp, layers.RandAugment, layers.RandomBrightness, layers.RandomColorDegeneration),
    *(layers.RandomColorJitter, layers.RandomContrast, layers.RandomElasticTransform, layers.RandomErasing, layers.RandomFlip),
    *(layers.RandomGaussianBlur, layers.RandomGrayscale, layers.RandomHue, layers.RandomInvert, layers.RandomPerspective),
    *(layers.RandomPosterization, layers.RandomRotation, layers.RandomSaturation, layers.RandomSharpness, layers.RandomShear),
    *(layers.RandomTranslation, layers.RandomZoom),
)
_NOISE = (layers.Dropout, layers.SpatialDropout2D, layers.GaussianNoise, layers.GaussianDropout, layers.AlphaDropout)
SILENT = (*_NOISE, *_AUGMENTING, layers.Identity)
