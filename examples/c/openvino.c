/* OpenVINO's C API, on the CPU in float32 with one thread. It opens .tflite and .onnx. */
#include "classifier.h"

#include <openvino/c/openvino.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct classifier {
    ov_core_t *core;
    ov_compiled_model_t *compiled;
    ov_infer_request_t *request;
    ov_tensor_t *output;
    size_t scores;
};

static _Thread_local char error[512] = "not enough memory";

const char *classifier_error(void)
{
    return error;
}

static bool ok(ov_status_e status, const char *what)
{
    if (status == OK)
        return true;
    /* OpenVINO tells where in its sources a check failed, line by line, and in the last line what the matter is. */
    const char *message = ov_get_last_err_msg(), *last = "no reason told";
    for (const char *line = message; line != NULL && *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
        if (*line != '\n')
            last = line;
    snprintf(error, sizeof error, "OpenVINO cannot %s: %.*s", what, (int)strcspn(last, "\n"), last);
    ov_free(message);
    return false;
}

/* x86 CPUs without VNNI saturate the sums of 8-bit products in 16 bits, and answer wrongly. */
static bool saturates_8_bit(void)
{
#if defined(__x86_64__) || defined(__i386__)
    return !__builtin_cpu_supports("avx512vnni") && !__builtin_cpu_supports("avxvnni");
#else
    return false;
#endif
}

/* Check that the model takes raw images and gives float32 scores, and count them. */
static bool understood(const ov_model_t *model, size_t *scores)
{
    ov_output_const_port_t *in = NULL, *out = NULL;
    ov_partial_shape_t image = {0};
    ov_shape_t answer = {0};
    ov_element_type_e pixel = DYNAMIC, score = DYNAMIC;
    bool fits = ov_model_const_input(model, &in) == OK && ov_model_const_output(model, &out) == OK
                && ov_port_get_element_type(in, &pixel) == OK && ov_port_get_partial_shape(in, &image) == OK
                && ov_port_get_element_type(out, &score) == OK && ov_const_port_get_shape(out, &answer) == OK && pixel == U8
                && image.rank.max == 4 && image.dims[3].max == 3 && score == F32 && answer.rank == 2 && answer.dims[0] == 1
                && answer.dims[1] > 0;
    if (fits)
        *scores = (size_t)answer.dims[1];
    else
        snprintf(error, sizeof error, "not a model that edgekit exported: it takes no raw images, or gives no scores");
    ov_shape_free(&answer);
    ov_partial_shape_free(&image);
    ov_output_const_port_free(out);
    ov_output_const_port_free(in);
    return fits;
}

static bool compile(struct classifier *classifier, const ov_model_t *model)
{
    /* LP_TRANSFORMS_MODE=NO computes 8-bit files in float32. float32 is no default where a CPU has bfloat16. */
    const char *low_precision = saturates_8_bit() ? "NO" : "YES";
    return ok(ov_core_compile_model(classifier->core, model, "CPU", 8, &classifier->compiled,
                                    ov_property_key_hint_inference_precision, "f32",
                                    ov_property_key_inference_num_threads, "1",
                                    ov_property_key_hint_performance_mode, "LATENCY",
                                    "LP_TRANSFORMS_MODE", low_precision),
              "compile the model");
}

struct classifier *classifier_open(const char *path)
{
    struct classifier *classifier = calloc(1, sizeof *classifier);
    ov_model_t *model = NULL;
    if (classifier != NULL && ok(ov_core_create(&classifier->core), "start")
        && ok(ov_core_read_model(classifier->core, path, NULL, &model), "read the model")
        && understood(model, &classifier->scores) && compile(classifier, model)
        && ok(ov_compiled_model_create_infer_request(classifier->compiled, &classifier->request), "prepare")) {
        ov_model_free(model);
        return classifier;
    }
    ov_model_free(model);
    classifier_close(classifier);
    return NULL;
}

size_t classifier_scores(const struct classifier *classifier)
{
    return classifier->scores;
}

const float *classifier_run(struct classifier *classifier, uint8_t *rgb, int width, int height)
{
    int64_t extents[] = {1, height, width, 3};
    ov_shape_t shape = {4, extents};
    ov_tensor_t *image = NULL;
    void *scores = NULL;
    ov_tensor_free(classifier->output);
    classifier->output = NULL;
    /* The tensor is a view of the caller's pixels: nothing is copied. */
    bool done = ok(ov_tensor_create_from_host_ptr(U8, shape, rgb, &image), "wrap the image")
                && ok(ov_infer_request_set_input_tensor(classifier->request, image), "take an image of this size")
                && ok(ov_infer_request_infer(classifier->request), "compute")
                && ok(ov_infer_request_get_output_tensor(classifier->request, &classifier->output), "answer")
                && ok(ov_tensor_data(classifier->output, &scores), "answer");
    ov_tensor_free(image);
    return done ? scores : NULL;
}

void classifier_close(struct classifier *classifier)
{
    if (classifier == NULL)
        return;
    ov_tensor_free(classifier->output);
    ov_infer_request_free(classifier->request);
    ov_compiled_model_free(classifier->compiled);
    ov_core_free(classifier->core);
    free(classifier);
}
