/* Binary PPM (P6): the plainest file of RGB pixels there is. An app decodes JPEG or reads a camera here instead. */
#ifndef PPM_H
#define PPM_H

#include <stdint.h>

struct ppm {
    int width, height;
    uint8_t *rgb; /* rows from the top, three bytes a pixel, no padding; free() it */
};

/* Read a file into *image. Returns NULL, or what is wrong with the file; *image is then untouched. */
const char *ppm_read(const char *path, struct ppm *image);

#endif
