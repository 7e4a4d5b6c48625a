/* Name what is on photographs: classify MODEL LABELS IMAGE.ppm... prints class, score and milliseconds of each. Where each label is
 * decided by itself, all that are there. */
#define _POSIX_C_SOURCE 200809L

#include "classifier.h"
#include "decision.h"
#include "ppm.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char usage[] = "usage: classify MODEL LABELS IMAGE.ppm...\n"
                            "       classify --scores MODEL IMAGE.ppm...\n";

struct labels {
    char **names;
    size_t count;
};

static bool complain(const char *what, const char *problem)
{
    fprintf(stderr, "%s: %s\n", what, problem);
    return false;
}

/* Read labels.txt: one class a line, in the order of the scores. */
static bool read_labels(const char *path, struct labels *labels)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return complain(path, strerror(errno));
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, file) != -1) {
        line[strcspn(line, "\r\n")] = '\0';
        char **longer = realloc(labels->names, (labels->count + 1) * sizeof *longer);
        if (longer == NULL)
            break;
        labels->names = longer;
        labels->names[labels->count++] = line;
        line = NULL; /* the list owns it now; getline makes another */
        room = 0;
    }
    free(line);
    bool whole = feof(file) != 0;
    fclose(file);
    return whole || complain(path, "cannot be read to its end");
}

/* Runtimes tell a missing file in many ways, few of them clear. */
static bool readable(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return complain(path, strerror(errno));
    fclose(file);
    return true;
}

static void free_labels(struct labels *labels)
{
    for (size_t i = 0; i < labels->count; i++)
        free(labels->names[i]);
    free(labels->names);
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

/* Print the labels that scores mean, each with its score; a binary head's one score is shown whichever it means. */
static void print_labels(const struct decision *decision, const struct labels *labels, const float *scores, size_t count)
{
    bool several = false;
    for (size_t i = 0; i < labels->count; i++) {
        if (!decision_holds(decision, scores, count, i))
            continue;
        printf("%s%s  score %.2f", several ? ", " : "", labels->names[i], (double)scores[count == 1 ? 0 : i]);
        several = true;
    }
    if (!several)
        fputs("none of the labels", stdout);
}

/* Print a line for one image: its class, or with labels == NULL all its scores. Nine digits give a float back exactly. */
static bool classify(struct classifier *classifier, const struct decision *decision, const struct labels *labels, const char *path)
{
    struct ppm image;
    const char *problem = ppm_read(path, &image);
    if (problem != NULL)
        return complain(path, problem);
    double start = now_ms();
    const float *scores = classifier_run(classifier, image.rgb, image.width, image.height);
    double spent = now_ms() - start;
    free(image.rgb);
    if (scores == NULL)
        return complain(path, classifier_error());
    size_t count = classifier_scores(classifier);
    if (labels != NULL) {
        printf("%s  ", path);
        print_labels(decision, labels, scores, count);
        printf("  %.1f ms\n", spent);
    } else {
        for (size_t i = 0; i < count; i++)
            printf("%.9g%c", (double)scores[i], i + 1 < count ? ' ' : '\n');
    }
    return true;
}

int main(int argc, char **argv)
{
    bool raw = argc > 1 && strcmp(argv[1], "--scores") == 0;
    if (argc < 4) {
        fputs(usage, stderr);
        return EXIT_FAILURE;
    }
    const char *model = raw ? argv[2] : argv[1];
    struct labels labels = {NULL, 0};
    struct decision decision = {TASK_CLASSES, NULL, 0};
    struct classifier *classifier = NULL;
    bool fine = readable(model) && (raw || read_labels(argv[2], &labels));
    if (fine && (classifier = classifier_open(model)) == NULL)
        fine = complain(model, classifier_error());
    const char *problem = fine && !raw ? decision_read(model, &decision) : NULL;
    if (problem != NULL)
        fine = complain(model, problem);
    size_t scores = fine ? classifier_scores(classifier) : 0;
    if (fine && !raw && (labels.count != decision_labels(&decision, scores) || (decision.count != 0 && decision.count != scores))) {
        fprintf(stderr, "%s: %zu labels for a model of %zu scores\n", argv[2], labels.count, scores);
        fine = false;
    }
    for (int i = 3; fine && i < argc; i++)
        fine = classify(classifier, &decision, raw ? NULL : &labels, argv[i]);
    classifier_close(classifier);
    decision_free(&decision);
    free_labels(&labels);
    return fine && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
