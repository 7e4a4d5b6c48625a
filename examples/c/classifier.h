/* A classifier, whatever the runtime behind it: openvino.c and litert.c each implement this.
 *
 * An image goes in as it was decoded. The graph in the file does the rest, so nothing here resizes or normalises. */
#ifndef CLASSIFIER_H
#define CLASSIFIER_H

#include <stddef.h>
#include <stdint.h>

struct classifier;

/* Open a model file. NULL if that fails; classifier_error() then says why. */
struct classifier *classifier_open(const char *path);

/* How many scores the model answers for an image. */
size_t classifier_scores(const struct classifier *classifier);

/* Compute the scores of an image: rows from the top, three bytes (red, green, blue) a pixel, no padding.
 * They hold until the next call. NULL if it fails. */
const float *classifier_run(struct classifier *classifier, uint8_t *rgb, int width, int height);

void classifier_close(struct classifier *classifier);

/* What the last failure of this thread was, in one line. */
const char *classifier_error(void);

#endif
