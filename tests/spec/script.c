/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "script.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../file.h"
#include "proa/compile.h"
#include "proa/store.h"
#include "spectest.h"
#include "value.h"

enum { NAMES_MAX = 256, VALUES_MAX = 64, NAME_SIZE = 1000 };

enum verdict { PASS, FAIL, SKIP };

/* What a name stands for. `is_skipped`: its module needs a missing feature. */
struct binding {
    char name[NAME_SIZE];
    struct proa_module *module;     /* of a definition; owned */
    struct proa_instance *instance; /* NULL when it failed or is skipped */
    bool is_skipped;
};

struct names {
    struct binding rows[NAMES_MAX];
    uint32_t count;
};

struct script {
    const struct script_options *options;
    struct proa_engine *engine;
    struct proa_store *store;
    struct spectest spectest;
    struct names instances;  /* by the name the script gave */
    struct names registered; /* by the name imports use */
    struct names definitions;
    struct binding current;
    struct tally *tally;
    char message[600]; /* of the command that failed or was skipped */
};

/* How an attempt to instantiate or call ended. */
struct outcome {
    enum proa_status status;
    bool is_skipped;
    bool is_unknown_import;
    struct proa_error err;
};

__attribute__((format(printf, 3, 4))) static enum verdict
say(struct script *script, enum verdict verdict, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(script->message, sizeof script->message, format, args);
    va_end(args);
    return verdict;
}

static enum verdict say_skipped(struct script *script)
{
    return say(script, SKIP, "the module needs %s", script->options->needs);
}

/*
 * A string of the JSON as the engine's terminated names have it: a zero byte
 * within a name stands as C0 80.
 */
static void get_name(const json_t *json, const char *key, char *name)
{
    const json_t *value = json_object_get(json, key);
    const char *text = json_string_value(value);
    size_t size = json_string_length(value);
    size_t used = 0;

    for (size_t i = 0; text != NULL && i < size && used + 3 < NAME_SIZE; i++) {
        if (text[i] == '\0') {
            name[used++] = (char)0xc0;
            name[used++] = (char)0x80;
        } else {
            name[used++] = text[i];
        }
    }
    name[used] = '\0';
}

static struct binding *names_find(struct names *names, const char *name)
{
    for (uint32_t i = names->count; i > 0; i--) {
        if (strcmp(names->rows[i - 1].name, name) == 0)
            return &names->rows[i - 1];
    }
    return NULL;
}

static void names_add(struct names *names, const char *name,
                      const struct binding *binding)
{
    if (names->count == NAMES_MAX) {
        fprintf(stderr, "more than %d names in a script\n", NAMES_MAX);
        exit(2);
    }
    names->rows[names->count] = *binding;
    snprintf(names->rows[names->count].name, NAME_SIZE, "%s", name);
    names->count++;
}

/* The instance that a command is about: the named one or the current one. */
static struct binding *binding_of(struct script *script, const json_t *json,
                                  const char *key)
{
    char name[NAME_SIZE];

    if (json_object_get(json, key) == NULL)
        return &script->current;
    get_name(json, key, name);
    return names_find(&script->instances, name);
}

static struct outcome compile(struct script *script, const json_t *command,
                              struct proa_module **module)
{
    int opt_level = script->options->opt_level;
    bool is_baseline = opt_level == SCRIPT_BASELINE;
    struct proa_compile_options options = {
        .cache_dir = "",
        .tier = is_baseline ? PROA_TIER_BASELINE : PROA_TIER_OPTIMIZED,
        .opt_level = is_baseline ? 0 : opt_level,
        .thread_count_max = 1,
        .counts_fuel = script->options->counts_fuel,
    };
    const char *file =
        json_string_value(json_object_get(command, "binary_filename"));
    struct outcome outcome = { .status = PROA_IO };
    char path[4096];
    size_t size = 0;
    uint8_t *bytes;

    if (file == NULL)
        file = json_string_value(json_object_get(command, "filename"));
    snprintf(path, sizeof path, "%s/%s", script->options->folder,
             file != NULL ? file : "");
    bytes = file_read(path, &size);
    if (bytes == NULL) {
        snprintf(outcome.err.text, sizeof outcome.err.text,
                 "cannot read %.300s", path);
        return outcome;
    }
    outcome.status = proa_module_compile(script->engine, bytes, size, &options,
                                         module, &outcome.err);
    outcome.is_skipped =
        outcome.status == PROA_UNSUPPORTED && script->options->needs != NULL;
    free(bytes);
    return outcome;
}

/* false: the outcome says why not. */
static bool find_import(struct script *script, struct proa_importtype import,
                        struct proa_extern *found, struct outcome *outcome)
{
    const struct binding *from;

    if (strcmp(import.module, "spectest") == 0 &&
        spectest_find(&script->spectest, import.name, found))
        return true;
    from = names_find(&script->registered, import.module);
    if (from != NULL && from->instance != NULL &&
        proa_instance_export(from->instance, import.name, found))
        return true;
    outcome->status = PROA_UNLINKABLE;
    outcome->is_skipped = from != NULL && from->is_skipped;
    outcome->is_unknown_import = true;
    snprintf(outcome->err.text, sizeof outcome->err.text,
             "unknown import %.100s.%.100s", import.module, import.name);
    return false;
}

static struct outcome instantiate(struct script *script,
                                  struct proa_module *module,
                                  struct proa_instance **instance)
{
    uint32_t count = proa_module_import_count(module);
    struct proa_extern *imports = calloc(count + 1, sizeof *imports);
    struct outcome outcome = { .status = PROA_NOMEM };
    uint32_t found = 0;

    if (imports == NULL)
        return outcome;
    while (found < count &&
           find_import(script, proa_module_import(module, found),
                       &imports[found], &outcome))
        found++;
    if (found == count)
        outcome.status = proa_instance_create(script->store, module, imports,
                                              count, instance, &outcome.err);
    free(imports);
    return outcome;
}

/* Compile and instantiate, keeping nothing of the module for the script. */
static struct outcome make_instance(struct script *script,
                                    const json_t *command,
                                    struct proa_instance **instance)
{
    struct proa_module *module = NULL;
    struct outcome outcome = compile(script, command, &module);

    if (outcome.status == PROA_OK)
        outcome = instantiate(script, module, instance);
    proa_module_release(module);
    return outcome;
}

static enum verdict verdict_of(struct script *script,
                               const struct outcome *outcome)
{
    if (outcome->is_skipped)
        return say_skipped(script);
    if (outcome->status != PROA_OK)
        return say(script, FAIL, "%s: %s", proa_status_name(outcome->status),
                   outcome->err.text);
    return PASS;
}

static void make_current(struct script *script, const struct outcome *outcome,
                         struct proa_instance *instance, const json_t *name)
{
    char text[NAME_SIZE] = "";

    script->current = (struct binding){
        .instance = instance,
        .is_skipped = outcome->is_skipped,
    };
    if (name != NULL) {
        snprintf(text, sizeof text, "%s", json_string_value(name));
        names_add(&script->instances, text, &script->current);
    }
}

static enum verdict on_module(struct script *script, const json_t *command)
{
    struct proa_instance *instance = NULL;
    struct outcome outcome = make_instance(script, command, &instance);

    make_current(script, &outcome, instance, json_object_get(command, "name"));
    return verdict_of(script, &outcome);
}

static enum verdict on_module_definition(struct script *script,
                                         const json_t *command)
{
    struct binding binding = { 0 };
    struct outcome outcome = compile(script, command, &binding.module);
    char name[NAME_SIZE];

    get_name(command, "name", name);
    binding.is_skipped = outcome.is_skipped;
    names_add(&script->definitions, name, &binding);
    return verdict_of(script, &outcome);
}

static enum verdict on_module_instance(struct script *script,
                                       const json_t *command)
{
    struct proa_instance *instance = NULL;
    struct outcome outcome = { .status = PROA_USAGE };
    struct binding *definition;
    char name[NAME_SIZE];

    get_name(command, "module", name);
    definition = names_find(&script->definitions, name);
    if (definition != NULL && definition->module != NULL)
        outcome = instantiate(script, definition->module, &instance);
    else if (definition != NULL)
        outcome.is_skipped = definition->is_skipped;
    make_current(script, &outcome, instance,
                 json_object_get(command, "instance"));
    return verdict_of(script, &outcome);
}

static enum verdict on_register(struct script *script, const json_t *command)
{
    struct binding *binding = binding_of(script, command, "name");
    char as[NAME_SIZE];

    if (binding == NULL)
        return say(script, FAIL, "no such instance");
    get_name(command, "as", as);
    names_add(&script->registered, as, binding);
    if (binding->is_skipped)
        return say_skipped(script);
    return binding->instance != NULL ? PASS : say(script, FAIL, "no instance");
}

/* What an action gave. */
struct answer {
    struct outcome outcome;
    struct proa_functype type; /* of the results; params are left out */
    enum proa_valtype global_type;
    union proa_value values[VALUES_MAX];
};

static void answer_fail(struct answer *answer, const char *text)
{
    answer->outcome.status = PROA_USAGE;
    snprintf(answer->outcome.err.text, sizeof answer->outcome.err.text, "%s",
             text);
}

static void invoke(const json_t *action, struct proa_func *func,
                   struct answer *answer)
{
    const json_t *args = json_object_get(action, "args");
    union proa_value values[VALUES_MAX];

    answer->type = proa_func_type(func);
    if (json_array_size(args) != answer->type.param_count ||
        answer->type.param_count > VALUES_MAX ||
        answer->type.result_count > VALUES_MAX) {
        answer_fail(answer, "another number of arguments");
        return;
    }
    for (uint32_t i = 0; i < answer->type.param_count; i++) {
        if (!value_parse(json_array_get(args, i), &values[i])) {
            answer_fail(answer, "an argument of unknown form");
            return;
        }
    }
    answer->outcome.status =
        proa_func_call(func, values, answer->values, &answer->outcome.err);
}

static void act(struct script *script, const json_t *command,
                struct answer *answer)
{
    const json_t *action = json_object_get(command, "action");
    const char *kind = json_string_value(json_object_get(action, "type"));
    struct binding *on = binding_of(script, action, "module");
    struct proa_extern found;
    char field[NAME_SIZE];

    *answer = (struct answer){ 0 };
    get_name(action, "field", field);
    if (on == NULL || on->instance == NULL) {
        answer_fail(answer, "no instance");
        answer->outcome.is_skipped = on != NULL && on->is_skipped;
    } else if (!proa_instance_export(on->instance, field, &found)) {
        answer_fail(answer, "no such export");
    } else if (strcmp(kind, "get") == 0 && found.kind == PROA_KIND_GLOBAL) {
        answer->global_type = proa_global_type(found.of.global).type;
        answer->type.results = &answer->global_type;
        answer->type.result_count = 1;
        answer->values[0] = proa_global_get(found.of.global);
    } else if (strcmp(kind, "invoke") == 0 && found.kind == PROA_KIND_FUNC) {
        invoke(action, found.of.func, answer);
    } else {
        answer_fail(answer, "an export of another kind");
    }
}

static enum verdict on_action(struct script *script, const json_t *command)
{
    struct answer answer;

    act(script, command, &answer);
    return verdict_of(script, &answer.outcome);
}

/* Exceptions are not built: their modules are skipped, nothing can throw. */
static enum verdict on_assert_exception(struct script *script,
                                        const json_t *command)
{
    struct answer answer;

    act(script, command, &answer);
    if (answer.outcome.is_skipped)
        return say_skipped(script);
    return say(script, FAIL, "no exception");
}

static enum verdict on_assert_return(struct script *script,
                                     const json_t *command)
{
    const json_t *expected = json_object_get(command, "expected");
    struct answer answer;
    enum verdict verdict;
    char text[80];

    act(script, command, &answer);
    verdict = verdict_of(script, &answer.outcome);
    if (verdict != PASS)
        return verdict;
    if (json_array_size(expected) != answer.type.result_count)
        return say(script, FAIL, "%u results", answer.type.result_count);
    for (uint32_t i = 0; i < answer.type.result_count; i++) {
        if (value_matches(json_array_get(expected, i), answer.type.results[i],
                          &answer.values[i]))
            continue;
        value_print(answer.type.results[i], &answer.values[i], text,
                    sizeof text);
        return say(script, FAIL, "result %u is %s", i, text);
    }
    return PASS;
}

/*
 * One message may be the beginning of the other: the suite says "uninitialized
 * element 2" where the number is a detail.
 */
static bool text_matches(const char *actual, const char *expected)
{
    size_t size = strlen(actual);

    if (size > strlen(expected))
        size = strlen(expected);
    return size > 0 && strncmp(actual, expected, size) == 0;
}

static enum verdict check_trap(struct script *script, const json_t *command,
                               const struct outcome *outcome)
{
    const char *text = json_string_value(json_object_get(command, "text"));

    if (outcome->is_skipped)
        return say_skipped(script);
    if (outcome->status != PROA_TRAP || text == NULL ||
        !text_matches(outcome->err.text, text))
        return say(script, FAIL, "%s: %s; expected the trap %s",
                   proa_status_name(outcome->status), outcome->err.text, text);
    return PASS;
}

static enum verdict on_assert_trap(struct script *script, const json_t *command)
{
    struct answer answer;

    act(script, command, &answer);
    return check_trap(script, command, &answer.outcome);
}

static enum verdict on_assert_uninstantiable(struct script *script,
                                             const json_t *command)
{
    struct proa_instance *instance = NULL;
    struct outcome outcome = make_instance(script, command, &instance);

    return check_trap(script, command, &outcome);
}

static enum verdict on_assert_unlinkable(struct script *script,
                                         const json_t *command)
{
    const char *text = json_string_value(json_object_get(command, "text"));
    struct proa_instance *instance = NULL;
    struct outcome outcome = make_instance(script, command, &instance);

    if (outcome.is_skipped)
        return say_skipped(script);
    if (outcome.status != PROA_UNLINKABLE ||
        outcome.is_unknown_import != (strcmp(text, "unknown import") == 0))
        return say(script, FAIL, "%s: %s; expected %s",
                   proa_status_name(outcome.status), outcome.err.text, text);
    return PASS;
}

/*
 * A bad module that needs a feature of later is refused before what is wrong
 * with it can be seen; the engine's text names the feature.
 */
static bool is_of_later(const struct outcome *outcome)
{
    return outcome->status == PROA_UNSUPPORTED &&
           strncmp(outcome->err.text, "feature not supported: ", 23) == 0;
}

static enum verdict check_refused(struct script *script, const json_t *command,
                                  enum proa_status expected)
{
    const char *type =
        json_string_value(json_object_get(command, "module_type"));
    const char *text = json_string_value(json_object_get(command, "text"));
    struct proa_module *module = NULL;
    struct outcome outcome;

    if (strcmp(type, "text") == 0 &&
        json_object_get(command, "binary_filename") == NULL) {
        script->tally->skipped_text++;
        return say(script, SKIP, "the text format");
    }
    outcome = compile(script, command, &module);
    proa_module_release(module);
    if (outcome.is_skipped || is_of_later(&outcome))
        return say(script, SKIP, "%s", outcome.err.text);
    if (outcome.status != expected)
        return say(script, FAIL, "%s: %s; expected %s: %s",
                   proa_status_name(outcome.status), outcome.err.text,
                   proa_status_name(expected), text);
    return PASS;
}

static enum verdict on_assert_invalid(struct script *script,
                                      const json_t *command)
{
    return check_refused(script, command, PROA_INVALID);
}

static enum verdict on_assert_malformed(struct script *script,
                                        const json_t *command)
{
    return check_refused(script, command, PROA_MALFORMED);
}

static const struct {
    const char *type;
    enum verdict (*run)(struct script *script, const json_t *command);
} handlers[] = {
    { "module", on_module },
    { "module_definition", on_module_definition },
    { "module_instance", on_module_instance },
    { "register", on_register },
    { "action", on_action },
    { "assert_return", on_assert_return },
    { "assert_trap", on_assert_trap },
    { "assert_exhaustion", on_assert_trap },
    { "assert_exception", on_assert_exception },
    { "assert_uninstantiable", on_assert_uninstantiable },
    { "assert_unlinkable", on_assert_unlinkable },
    { "assert_invalid", on_assert_invalid },
    { "assert_malformed", on_assert_malformed },
};

static void run_command(struct script *script, const json_t *command)
{
    const char *type = json_string_value(json_object_get(command, "type"));
    long long line = json_integer_value(json_object_get(command, "line"));
    enum verdict verdict = FAIL;

    say(script, FAIL, "no such command");
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++) {
        if (type != NULL && strcmp(type, handlers[i].type) == 0)
            verdict = handlers[i].run(script, command);
    }
    script->tally->passed += verdict == PASS;
    script->tally->failed += verdict == FAIL;
    script->tally->skipped += verdict == SKIP;
    if (verdict != PASS)
        printf("%s %s.wast:%lld %s: %s\n", verdict == FAIL ? "FAIL" : "skip",
               script->options->name, line, type, script->message);
}

void script_run(const struct script_options *options, struct tally *tally)
{
    const struct proa_store_options limits = {
        .fuel = options->counts_fuel ? INT64_MAX : 0,
    };
    struct script *script = calloc(1, sizeof *script);
    struct proa_error err = { 0 };
    json_error_t json_err;
    char path[4096];
    json_t *root;
    json_t *command;
    size_t i;

    snprintf(path, sizeof path, "%s/t.json", options->folder);
    root = json_load_file(path, JSON_ALLOW_NUL, &json_err);
    if (script == NULL || root == NULL ||
        proa_engine_create(&script->engine, &err) != PROA_OK ||
        proa_store_create(script->engine, &limits, &script->store, &err) !=
            PROA_OK ||
        spectest_init(&script->spectest, script->store, &err) != PROA_OK) {
        printf("FAIL %s: %s%s\n", options->name, err.text,
               root == NULL ? json_err.text : "");
        tally->failed++;
        _Exit(1);
    }
    script->options = options;
    script->tally = tally;
    json_array_foreach(json_object_get(root, "commands"), i, command)
        run_command(script, command);

    for (uint32_t d = 0; d < script->definitions.count; d++)
        proa_module_release(script->definitions.rows[d].module);
    proa_store_destroy(script->store);
    proa_engine_destroy(script->engine);
    json_decref(root);
    free(script);
}
