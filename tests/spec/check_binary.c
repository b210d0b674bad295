/*
 * Decoding and validating against the official suite, with nothing compiled:
 * every module of it is accepted or refused as its script says.
 *
 * Usage: check_binary [-v] [FOLDER]; FOLDER holds core/ and needs.json, else it
 * is $PROA_TESTDATA/spec. -v also prints where our words for an error do not
 * begin as the suite's do. Exit code 77: there is no test data.
 * https://github.com/WebAssembly/spec/tree/main/test/core
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wasm/decode.h"
#include "wasm/validate.h"

enum { EXIT_SKIPPED = 77, PATH_SIZE = 4096 };

struct tally {
    uint32_t passed;
    uint32_t failed;
    uint32_t skipped;
    uint32_t skipped_text; /* of these: in the text format */
    uint32_t phrase_same;  /* refusals that begin with the suite's words */
    uint32_t phrase_other;
};

struct script {
    const char *folder;
    const char *name;
    bool may_need; /* some module needs a feature of needs.json */
    bool is_verbose;
    struct tally *tally;
};

static const char *field(const json_t *command, const char *key)
{
    const char *text = json_string_value(json_object_get(command, key));

    return text == NULL ? "" : text;
}

/* A block of exactly the file's size, so that a sanitizer sees its end. */
static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    long end = -1;

    if (file == NULL)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0)
        end = ftell(file);
    rewind(file);
    if (end >= 0)
        bytes = malloc((size_t)end + (end == 0));
    if (bytes != NULL && fread(bytes, 1, (size_t)end, file) != (size_t)end) {
        free(bytes);
        bytes = NULL;
    }
    (void)fclose(file);
    *size = end < 0 ? 0 : (size_t)end;
    return bytes;
}

static enum proa_status check(const uint8_t *bytes, size_t size,
                              struct proa_error *err)
{
    struct proa_wasm_module module;
    enum proa_status status = proa_wasm_decode(bytes, size, &module, err);

    if (status != PROA_OK)
        return status;
    status = proa_wasm_validate(&module, err);
    proa_wasm_module_deinit(&module);
    return status;
}

/* What the command says of its module. */
static enum proa_status expected_status(const char *type)
{
    if (strcmp(type, "assert_malformed") == 0)
        return PROA_MALFORMED;
    if (strcmp(type, "assert_invalid") == 0)
        return PROA_INVALID;
    return PROA_OK;
}

static void judge(const struct script *script, const json_t *command,
                  enum proa_status actual, const struct proa_error *err)
{
    struct tally *tally = script->tally;
    enum proa_status expected = expected_status(field(command, "type"));
    long long line = json_integer_value(json_object_get(command, "line"));
    const char *text = field(command, "text");

    if (actual == PROA_UNSUPPORTED &&
        (script->may_need || expected != PROA_OK)) {
        tally->skipped++;
        printf("skip %s:%lld: %s\n", script->name, line, err->text);
        return;
    }
    if (actual != expected || err->status != actual) {
        tally->failed++;
        printf("FAIL %s:%lld (%s): %s: %s, expected %s: %s\n", script->name,
               line, field(command, "filename"), proa_status_name(actual),
               err->text, proa_status_name(expected), text);
        return;
    }
    tally->passed++;
    if (expected == PROA_OK)
        return;
    if (strncmp(err->text, text, strlen(text)) == 0) {
        tally->phrase_same++;
        return;
    }
    tally->phrase_other++;
    if (script->is_verbose)
        printf("note %s:%lld: \"%s\" where the suite says \"%s\"\n",
               script->name, line, err->text, text);
}

static void run_command(const struct script *script, const json_t *command)
{
    char path[PATH_SIZE];
    size_t size = 0;
    const char *filename = field(command, "filename");
    struct proa_error err = { 0 };

    if (filename[0] == '\0')
        return; /* an assertion on what runs */
    if (strcmp(field(command, "module_type"), "binary") != 0) {
        script->tally->skipped++;
        script->tally->skipped_text++;
        return;
    }
    snprintf(path, sizeof path, "%s/core/%s/%s", script->folder, script->name,
             filename);
    uint8_t *bytes = read_file(path, &size);
    if (bytes == NULL) {
        script->tally->failed++;
        printf("FAIL %s: cannot be read\n", path);
        return;
    }
    enum proa_status status = check(bytes, size, &err);
    judge(script, command, status, &err);
    free(bytes);
}

static void run_script(const struct script *script)
{
    char path[PATH_SIZE];
    size_t index;
    json_t *command;

    snprintf(path, sizeof path, "%s/core/%s/t.json", script->folder,
             script->name);
    json_t *root = json_load_file(path, JSON_ALLOW_NUL, NULL);
    json_t *commands = json_object_get(root, "commands");
    if (!json_is_array(commands)) {
        script->tally->failed++;
        printf("FAIL %s: cannot be read\n", path);
    }
    json_array_foreach(commands, index, command) run_command(script, command);
    json_decref(root);
}

/* Every folder of core/, in any order. */
static int run_all(const char *folder, bool is_verbose, struct tally *tally)
{
    char path[PATH_SIZE];
    struct dirent *entry;

    snprintf(path, sizeof path, "%s/needs.json", folder);
    json_t *needs = json_load_file(path, 0, NULL);
    snprintf(path, sizeof path, "%s/core", folder);
    DIR *core = opendir(path);
    if (needs == NULL || core == NULL) {
        printf("no test data in %s\n", folder);
        json_decref(needs);
        return EXIT_SKIPPED;
    }
    while ((entry = readdir(core)) != NULL) {
        struct script script = { .folder = folder,
                                 .name = entry->d_name,
                                 .is_verbose = is_verbose,
                                 .tally = tally };
        script.may_need = json_object_get(needs, entry->d_name) != NULL;
        if (entry->d_name[0] != '.')
            run_script(&script);
    }
    (void)closedir(core);
    json_decref(needs);
    return 0;
}

int main(int argc, char **argv)
{
    char folder[PATH_SIZE] = "";
    bool is_verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
    struct tally tally = { 0 };
    const char *testdata = getenv("PROA_TESTDATA");

    if (argc > 1 + is_verbose)
        snprintf(folder, sizeof folder, "%s", argv[1 + is_verbose]);
    else if (testdata != NULL)
        snprintf(folder, sizeof folder, "%s/spec", testdata);
    int code = run_all(folder, is_verbose, &tally);
    if (code != 0)
        return code;
    printf("%u of %u refusals begin with the suite's words\n",
           tally.phrase_same, tally.phrase_same + tally.phrase_other);
    printf("%u of the skipped are in the text format\n", tally.skipped_text);
    printf("%u passed, %u failed, %u skipped\n", tally.passed, tally.failed,
           tally.skipped);
    return tally.failed == 0 && tally.passed > 0 ? 0 : 1;
}
