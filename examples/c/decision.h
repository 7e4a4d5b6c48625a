/* What an exported file says of its own scores, and what they mean: one of several classes, one of two labels, or labels each by itself. */
#ifndef DECISION_H
#define DECISION_H

#include <stdbool.h>
#include <stddef.h>

enum task { TASK_CLASSES, TASK_BINARY, TASK_MULTILABEL };

/* cuts has one number a score, in the scores' own unit; of classes there are none. */
struct decision {
    enum task task;
    double *cuts;
    size_t count;
};

/* Read what a model file says. NULL if that is clear, else what is wrong in one line. */
const char *decision_read(const char *path, struct decision *decision);

/* How many labels a model of so many scores has: two for the one score of a binary head. */
size_t decision_labels(const struct decision *decision, size_t scores);

/* Whether scores mean the label at an index. */
bool decision_holds(const struct decision *decision, const float *scores, size_t count, size_t label);

void decision_free(struct decision *decision);

#endif
