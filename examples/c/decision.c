/* A model file carries its contract as indented JSON, behind the TFLite model or as an entry of an ONNX file. Of that, three entries are read. */
#include "decision.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *whole(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    char *data = NULL;
    long length = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    if (length >= 0 && fseek(file, 0, SEEK_SET) == 0 && (data = malloc((size_t)length + 1)) != NULL) {
        *size = fread(data, 1, (size_t)length, file);
        data[*size] = '\0'; /* strtod stops there */
    }
    fclose(file);
    return data;
}

/* Return what stands behind the last place of a text, or NULL. Quotes within a label have a backslash in front, so none looks like a key. */
static const char *behind_last(const char *data, size_t size, const char *text)
{
    size_t length = strlen(text);
    for (size_t i = size >= length ? size - length + 1 : 0; i-- > 0;)
        if (memcmp(data + i, text, length) == 0)
            return data + i + length;
    return NULL;
}

static bool says(const char *value, const char *word)
{
    size_t length = strlen(word);
    return value != NULL && strncmp(value, word, length) == 0 && value[length] == '"';
}

/* Read numbers up to a bracket into the cuts. */
static bool read_cuts(const char *text, bool logits, struct decision *decision)
{
    while (text != NULL && *(text += strspn(text, " \t\r\n,")) != ']') {
        char *end;
        double threshold = strtod(text, &end);
        double *longer = realloc(decision->cuts, (decision->count + 1) * sizeof *longer);
        if (longer == NULL)
            return false;
        decision->cuts = longer;
        if (end == text || !(threshold > 0 && threshold < 1))
            return false;
        decision->cuts[decision->count++] = logits ? log(threshold / (1 - threshold)) : threshold;
        text = end;
    }
    return text != NULL;
}

const char *decision_read(const char *path, struct decision *decision)
{
    *decision = (struct decision){TASK_CLASSES, NULL, 0};
    size_t size = 0;
    char *data = whole(path, &size);
    if (data == NULL)
        return strerror(errno);
    const char *problem = NULL;
    const char *task = behind_last(data, size, "\"task\": \"");
    if (task == NULL || says(task, "classes")) {
        /* A file of an older edgekit says no task: it is of classes. */
    } else if (says(task, "binary") || says(task, "multilabel")) {
        decision->task = says(task, "binary") ? TASK_BINARY : TASK_MULTILABEL;
        bool logits = says(behind_last(data, size, "\"head\": \""), "logits");
        if (!read_cuts(behind_last(data, size, "\"thresholds\": ["), logits, decision))
            problem = "its thresholds cannot be read";
    } else {
        problem = "this program does not know what to make of its task";
    }
    free(data);
    return problem;
}

size_t decision_labels(const struct decision *decision, size_t scores)
{
    return decision->task == TASK_BINARY ? 2 : scores;
}

bool decision_holds(const struct decision *decision, const float *scores, size_t count, size_t label)
{
    if (decision->task == TASK_BINARY)
        return ((double)scores[0] > decision->cuts[0]) == (label == 1);
    if (decision->task == TASK_MULTILABEL)
        return (double)scores[label] > decision->cuts[label];
    for (size_t i = 0; i < count; i++)
        if (scores[i] > scores[label] || (i < label && scores[i] == scores[label]))
            return false;
    return true;
}

void decision_free(struct decision *decision)
{
    free(decision->cuts);
}
