#include "ppm.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A header may claim any size in a few bytes. These bounds keep every product below in an int, and memory below 200 MB. */
enum { MOST_SIDE_PX = 1 << 16, MOST_PX = 1 << 26 };

/* Read one number of the header, which follows whitespace and comments. Returns -1 if there is none, or one beyond MOST_SIDE_PX. */
static int number(FILE *file)
{
    int c = getc(file);
    if (isdigit(c))
        return -1;
    while (isspace(c) || c == '#') {
        if (c == '#')
            while (c != '\n' && c != EOF)
                c = getc(file);
        else
            c = getc(file);
    }
    if (!isdigit(c))
        return -1;
    int value = 0;
    for (; isdigit(c); c = getc(file)) {
        value = 10 * value + (c - '0');
        if (value > MOST_SIDE_PX)
            return -1;
    }
    ungetc(c, file);
    return value;
}

static const char *read_open(FILE *file, struct ppm *image)
{
    if (getc(file) != 'P' || getc(file) != '6')
        return "not a binary PPM file (P6)";
    int width = number(file), height = number(file), most = number(file);
    /* Exactly one whitespace byte parts header and pixels: the first pixel may look like whitespace too. */
    if (width < 0 || height < 0 || most < 0 || !isspace(getc(file)))
        return "a damaged PPM header";
    if (width == 0 || height == 0 || width > MOST_PX / height)
        return "an image without pixels, or with more than 67 million";
    if (most != 255)
        return "not 8 bits a channel";
    size_t bytes = (size_t)width * (size_t)height * 3;
    uint8_t *rgb = malloc(bytes);
    if (rgb == NULL)
        return "not enough memory for the image";
    if (fread(rgb, 1, bytes, file) != bytes) {
        free(rgb);
        return "a truncated PPM file";
    }
    *image = (struct ppm){width, height, rgb};
    return NULL;
}

const char *ppm_read(const char *path, struct ppm *image)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return strerror(errno);
    const char *problem = read_open(file, image);
    fclose(file);
    return problem;
}
