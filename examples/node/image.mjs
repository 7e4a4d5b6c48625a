import sharp from 'sharp';

/**
 * Decode a picture to what the model was trained on: the file's own RGB values, upright, three bytes a pixel.
 * Colour profiles are not applied, since none was in training; what is transparent lies over white, as it did in training.
 */
export async function decode(file) {
  const { data, info } = await sharp(file, { ignoreIcc: true })
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { rgb: data, width: info.width, height: info.height };
}
