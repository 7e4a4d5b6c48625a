// From a picture to what the model takes: raw RGB, 8 bits a channel. This is all of the app's pixel code: the model itself
// resizes and normalises.

const canvas = new OffscreenCanvas(1, 1);
const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });

/**
 * Decode a picture upright, as edgekit does in training: a colour profile changes no value, and EXIF orientation is applied.
 * Rejects where `blob` is no picture.
 */
export function decode(blob) {
  return createImageBitmap(blob, { colorSpaceConversion: 'none', premultiplyAlpha: 'none', imageOrientation: 'from-image' });
}

/** The pixels of an ImageBitmap or of a video's frame of `height` × `width`: Uint8Array, row by row, height · width · 3 values. */
export function rgbPixels(picture, height, width) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  // What is transparent is laid over white, as edgekit does.
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  context.drawImage(picture, 0, 0, width, height);
  const rgba = context.getImageData(0, 0, width, height).data;
  const rgb = new Uint8Array(height * width * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    rgb[to++] = rgba[from];
    rgb[to++] = rgba[from + 1];
    rgb[to++] = rgba[from + 2];
  }
  return rgb;
}
