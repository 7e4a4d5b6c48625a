/* LiteRT's C API, on the CPU, which takes one thread if nothing else is asked for. It opens .tflite. */
#include "classifier.h"
#include "litert_c.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct classifier {
    LiteRtEnvironment environment;
    LiteRtModel model;
    LiteRtCompiledModel compiled;
    LiteRtRankedTensorType image, answer; /* the image's extents are those of the last one */
    LiteRtTensorBuffer input, output;
    float *scores;
};

static _Thread_local char error[256] = "not enough memory";

const char *classifier_error(void)
{
    return error;
}

static bool ok(LiteRtStatus status, const char *what)
{
    if (status != 0)
        snprintf(error, sizeof error, "LiteRT cannot %s (status %d)", what, status);
    return status == 0;
}

static bool start(LiteRtEnvironment *environment)
{
    /* Left alone, LiteRT looks for libraries of GPUs and NPUs, and tells all of it on stderr. */
    const LiteRtEnvOption options[] = {
        {kLiteRtEnvOptionTagAutoRegisterAccelerators, {kLiteRtAnyTypeInt, kLiteRtHwAcceleratorCpu}},
        {kLiteRtEnvOptionTagMinLoggerSeverity, {kLiteRtAnyTypeInt, kLiteRtLogSeverityError}},
    };
    return ok(LiteRtCreateEnvironment(2, options, environment), "start");
}

/* Check that the model takes raw images and gives float32 scores. */
static bool understood(struct classifier *classifier)
{
    LiteRtRankedTensorType *image = &classifier->image, *answer = &classifier->answer;
    LiteRtSignature signature;
    LiteRtTensor in, out;
    if (LiteRtGetModelSignature(classifier->model, 0, &signature) == 0
        && LiteRtGetSignatureInputTensorByIndex(signature, 0, &in) == 0 && LiteRtGetRankedTensorType(in, image) == 0
        && LiteRtGetSignatureOutputTensorByIndex(signature, 0, &out) == 0 && LiteRtGetRankedTensorType(out, answer) == 0
        && image->element_type == kLiteRtElementTypeUInt8 && image->rank == 4 && image->dimensions[3] == 3
        && answer->element_type == kLiteRtElementTypeFloat32 && answer->rank == 2 && answer->dimensions[0] == 1
        && answer->dimensions[1] > 0)
        return true;
    snprintf(error, sizeof error, "not a model that edgekit exported: it takes no raw images, or gives no scores");
    return false;
}

static bool compile(struct classifier *classifier)
{
    LiteRtOptions options = NULL;
    bool done = ok(LiteRtCreateOptions(&options), "start")
                && ok(LiteRtSetOptionsHardwareAccelerators(options, kLiteRtHwAcceleratorCpu), "use the CPU")
                && ok(LiteRtCreateCompiledModel(classifier->environment, classifier->model, options, &classifier->compiled),
                      "compile the model");
    if (options != NULL)
        LiteRtDestroyOptions(options);
    return done;
}

static bool make_output(struct classifier *classifier)
{
    LiteRtTensorBufferRequirements needs;
    classifier->scores = calloc(classifier_scores(classifier), sizeof(float));
    return classifier->scores != NULL
           && ok(LiteRtGetCompiledModelOutputBufferRequirements(classifier->compiled, 0, 0, &needs), "prepare")
           && ok(LiteRtCreateManagedTensorBufferFromRequirements(classifier->environment, &classifier->answer, needs,
                                                                 &classifier->output),
                 "prepare");
}

/* Files that edgekit exported end with a zip, and a zip with this record and a comment of the length that it says. A copy that was
 * cut short has lost it, and LiteRT, which opens a file unchecked, would crash. */
static bool whole(const char *path)
{
    enum { RECORD_BYTES = 22, MOST_COMMENT = 255 };
    unsigned char end[RECORD_BYTES + MOST_COMMENT];
    FILE *file = fopen(path, "rb");
    long size = file != NULL && fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    size_t wanted = size > (long)sizeof end ? sizeof end : size > 0 ? (size_t)size : 0;
    bool readable = wanted >= RECORD_BYTES && fseek(file, -(long)wanted, SEEK_END) == 0 && fread(end, 1, wanted, file) == wanted;
    bool found = false;
    for (size_t comment = 0; readable && !found && comment + RECORD_BYTES <= wanted; comment++) {
        const unsigned char *record = end + wanted - comment - RECORD_BYTES;
        found = memcmp(record, "PK\5\6", 4) == 0 && (size_t)(record[20] | record[21] << 8) == comment;
    }
    if (file != NULL)
        fclose(file);
    if (!found)
        snprintf(error, sizeof error, "not a .tflite file that edgekit exported, or only a part of one");
    return found;
}

struct classifier *classifier_open(const char *path)
{
    struct classifier *classifier = calloc(1, sizeof *classifier);
    if (classifier != NULL && whole(path) && start(&classifier->environment)
        && ok(LiteRtCreateModelFromFile(classifier->environment, path, &classifier->model), "read the model")
        && understood(classifier) && compile(classifier) && make_output(classifier))
        return classifier;
    classifier_close(classifier);
    return NULL;
}

size_t classifier_scores(const struct classifier *classifier)
{
    return (size_t)classifier->answer.dimensions[1];
}

/* Make the graph and its input buffer fit images of a size. Frames of a camera pay for this once. */
static bool fit(struct classifier *classifier, int width, int height)
{
    int32_t *extents = classifier->image.dimensions;
    if (classifier->input != NULL && extents[1] == height && extents[2] == width)
        return true;
    if (classifier->input != NULL)
        LiteRtDestroyTensorBuffer(classifier->input);
    classifier->input = NULL;
    extents[1] = height;
    extents[2] = width;
    LiteRtTensorBufferRequirements needs;
    return ok(LiteRtCompiledModelResizeInputTensor(classifier->compiled, 0, 0, extents, 4), "take an image of this size")
           && ok(LiteRtGetCompiledModelInputBufferRequirements(classifier->compiled, 0, 0, &needs), "prepare")
           && ok(LiteRtCreateManagedTensorBufferFromRequirements(classifier->environment, &classifier->image, needs,
                                                                 &classifier->input),
                 "prepare");
}

/* Copy between our memory and a buffer, which must hold as many bytes. */
static bool copy(LiteRtTensorBuffer buffer, void *ours, size_t bytes, int mode)
{
    size_t room = 0;
    void *theirs = NULL;
    if (!ok(LiteRtGetTensorBufferPackedSize(buffer, &room), "tell a buffer's size")
        || !ok(LiteRtLockTensorBuffer(buffer, &theirs, mode), "lock a buffer"))
        return false;
    bool fits = room == bytes;
    if (!fits)
        snprintf(error, sizeof error, "LiteRT has a buffer of %zu bytes for %zu", room, bytes);
    else if (mode == kLiteRtTensorBufferLockModeWrite)
        memcpy(theirs, ours, bytes);
    else
        memcpy(ours, theirs, bytes);
    return ok(LiteRtUnlockTensorBuffer(buffer), "unlock a buffer") && fits;
}

const float *classifier_run(struct classifier *classifier, uint8_t *rgb, int width, int height)
{
    size_t pixels = (size_t)width * (size_t)height;
    bool done = fit(classifier, width, height)
                && copy(classifier->input, rgb, 3 * pixels, kLiteRtTensorBufferLockModeWrite)
                && ok(LiteRtRunCompiledModel(classifier->compiled, 0, 1, &classifier->input, 1, &classifier->output), "compute")
                && copy(classifier->output, classifier->scores, classifier_scores(classifier) * sizeof(float),
                        kLiteRtTensorBufferLockModeRead);
    return done ? classifier->scores : NULL;
}

void classifier_close(struct classifier *classifier)
{
    if (classifier == NULL)
        return;
    if (classifier->input != NULL)
        LiteRtDestroyTensorBuffer(classifier->input);
    if (classifier->output != NULL)
        LiteRtDestroyTensorBuffer(classifier->output);
    if (classifier->compiled != NULL)
        LiteRtDestroyCompiledModel(classifier->compiled);
    if (classifier->model != NULL)
        LiteRtDestroyModel(classifier->model);
    if (classifier->environment != NULL)
        LiteRtDestroyEnvironment(classifier->environment);
    free(classifier->scores);
    free(classifier);
}
