/*
 * What proa.yaml says, and what is told of one that is wrong.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/config.h"

#include "../check.h"
#include "base/buffer.h"

enum { ARENA_BYTES_MAX = 16 << 20 };

struct bad_case {
    const char *yaml;
    const char *faults; /* a line each */
};

static const struct bad_case bad_cases[] = {
    { "", "f: empty; write at least: routes: { /: app.wasm }\n" },
    { "# only this\n", "f: empty; write at least: routes: { /: app.wasm }\n" },
    { "routes", "f:1:1: the configuration is a text; write a map, one NAME: "
                "VALUE a line\n" },
    { "- a", "f:1:1: the configuration is a list; write a map, one NAME: VALUE "
             "a line\n" },
    { "listen: 127.0.0.1:80",
      "f:1:1: nothing is served; write routes, folder or static\n" },
    { "routes: { /: a.wasm }\nwrokers: 3",
      "f:2:1: 'wrokers' is no setting of the configuration; did you mean "
      "'workers'?\n" },
    { "static: p\nmax_body: 3",
      "f:2:1: 'max_body' is no setting of the configuration; there are: listen "
      "tls proxy-protocol admin log usage workers drain drain-delay supervise "
      "watch reload-from user sandbox limits defaults routes folder static\n" },
    { "static: p\ntimeout: 3s",
      "f:2:1: 'timeout' is no setting of the configuration; it belongs to "
      "defaults, or a route\n" },
    { "static: p\nlimits: { workers: 2 }",
      "f:2:11: 'workers' is no setting of limits; it belongs to the top of the "
      "file\n" },
    { "static: p\nconnections: 4",
      "f:2:1: 'connections' is no setting of the configuration; it belongs to "
      "limits\n" },
    { "static: p\nworkers: many\ndrain: 0\nwatch: yes",
      "f:2:10: 'workers' is \"many\"; write a whole number from 1 to 1000000\n"
      "f:3:8: 'drain' is \"0\"; write a time above 0, such as 500ms or 30s\n"
      "f:4:8: 'watch' is \"yes\"; write true or false\n" },
    { "static: p\nworkers:\nlog: json\nadmin: { a: b }",
      "f:2:9: 'workers' has no value; write a whole number from 1 to 1000000, "
      "or leave it out\n"
      "f:3:6: 'log' is \"json\"; write a map, one NAME: VALUE a line\n"
      "f:4:8: 'admin' is a map; write HOST:PORT, such as 127.0.0.1:9090\n" },
    { "static: p\nlog: { format: jsno }",
      "f:2:16: 'format' is \"jsno\"; write json\n" },
    { "static: p\nlog: { format: combined }",
      "f:2:16: 'format' is \"combined\"; write one of: common json\n" },
    { "static: p\nlisten: [ '127.0.0.1:80', localhost, unix:x, [a] ]",
      "f:2:27: 'listen' is \"localhost\"; write HOST:PORT, unix:/PATH or "
      "systemd\n"
      "f:2:38: 'listen' is \"unix:x\"; write HOST:PORT, unix:/PATH or systemd\n"
      "f:2:46: 'listen' is a list; write HOST:PORT, unix:/PATH or systemd\n" },
    { "static: p\ntls: { key: k.pem }",
      "f:1:1: 'tls' has a key and no certificate; write certificate: FILE.pem "
      "too\n" },
    { "static: p\nusage: { key: k.pem }",
      "f:1:1: 'usage' has a key and no file; write file: FILE too\n" },
    { "routes: { /: { module: a, fuel: 1M, cpu-timeout: 0 } }",
      "f:1:33: 'fuel' is \"1M\"; write a whole number above 0\n"
      "f:1:50: 'cpu-timeout' is \"0\"; write a time above 0, such as 500ms or "
      "30s\n" },
    { "static: p\nstatic: q",
      "f:2:1: 'static' is here twice; leave one of them out\n" },
    { "routes:\n  a: x.wasm\n  /b: { memory: 1M }\n  /c: [x]\n  /d:\n",
      "f:2:3: route \"a\" does not start with \"/\"\n"
      "f:3:3: the route '/b' has no 'module'; write module: FILE.wasm\n"
      "f:4:7: a function is a list; write a map, one NAME: VALUE a line\n"
      "f:5:6: '/d' has no value; write the path of a module, or leave it "
      "out\n" },
    { "routes: { '/[a]': x, '/[b]': y }",
      "f:1:22: route /[b]: another route calls this parameter [a]\n" },
    { "routes: { /: { module: a, rate: 5, burst: 2, memroy: 1M } }",
      "f:1:14: 'burst' is nothing without 'rate'; write rate: 100/s too\n"
      "f:1:33: 'rate' is \"5\"; write how many and per what, such as 100/s, "
      "60/m or 1000/h\n"
      "f:1:46: 'memroy' is no setting of a function; did you mean "
      "'memory'?\n" },
    { "routes: { /: { module: a, env: { A=B: c, D: [e] } } }",
      "f:1:34: 'A=B' is no name of a variable; write NAME: VALUE\n"
      "f:1:45: 'D' is a list or map; write a text\n" },
    { "routes: { /: { module: a, env: [] } }",
      "f:1:32: 'env' is a list; write a map, one NAME: VALUE a line\n" },
    { "routes: { /: { module: a, dirs: { /d: { read-only: yes } } } }",
      "f:1:39: the folder for '/d' has no 'path'; write which folder of this "
      "machine it is\n"
      "f:1:52: 'read-only' is \"yes\"; write true or false\n" },
    { "defaults: { memory: 0, queue: -1, concurrency: 0 }\nstatic: p",
      "f:1:21: 'memory' is \"0\"; write a size above 0, such as 64M\n"
      "f:1:31: 'queue' is \"-1\"; write a whole number from 0 to 1000000\n"
      "f:1:48: 'concurrency' is \"0\"; write a whole number from 1 to "
      "1000000\n" },
    { "static: p\n\tworkers: 1", "f:2:1: indent with spaces, not tabs\n" },
    { "static: [p",
      "f:2:1: this is no YAML: while parsing a flow sequence, did not find "
      "expected ',' or ']'\n" },
    { "static: !!str p",
      "f:1:9: a tag (!) is nothing that is known here; leave "
      "it out\n" },
    { "static: *p", "f:1:9: no anchor '&p' is above '*p'\n" },
    { "static: &p [*p]",
      "f:1:13: an alias (*) cannot lie in what it stands for\n" },
    { "static: p\n---\nstatic: q",
      "f:2:1: a second document begins here (---); one file is one "
      "configuration\n" },
    { "[a]: b", "f:1:1: a name is a single word here, no list and no map\n" },
    { "static: \"a\\0b\"",
      "f:1:9: this text holds a zero byte; leave it out\n" },
    { "static: \"\"", "f:1:9: 'static' is \"\"; write the path of a file or "
                      "folder\n" },
    { "\"a\\nb\": c\nstatic: p",
      "f:1:1: 'a?b' is no setting of the configuration; there are: listen tls "
      "proxy-protocol admin log usage workers drain drain-delay supervise "
      "watch reload-from user sandbox limits "
      "defaults routes folder static\n" },
    { "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]",
      "f:1:17: lists and maps lie more than 16 deep in each other\n" },
    { "static: \xff", "f: byte 8 is no UTF-8 text: invalid leading UTF-8 "
                      "octet\n" },
};

static struct proa_config_faults faults_make(void)
{
    struct proa_arena *arena = proa_arena_create(ARENA_BYTES_MAX);

    CHECK_EQ(arena != NULL, true);
    return (struct proa_config_faults){ .arena = arena };
}

static void bad_ones_are_told(void)
{
    int wrong_count = 0;

    for (size_t i = 0; i < sizeof bad_cases / sizeof bad_cases[0]; i++) {
        const struct bad_case *c = &bad_cases[i];
        struct proa_config_faults faults = faults_make();
        struct proa_buffer lines;
        size_t size = strlen(c->yaml);
        uint8_t *copy = exact_copy((const uint8_t *)c->yaml, size);

        CHECK_EQ(proa_config_parse((const char *)copy, size, NULL, NULL,
                                   &faults) == NULL,
                 true);
        proa_buffer_init(&lines, 1 << 16);
        proa_config_faults_write(&faults, "f", "", &lines);
        (void)proa_buffer_append(&lines, "", 1);
        if (strcmp((const char *)lines.bytes, c->faults) != 0) {
            fprintf(stderr, "of:\n%s\n\nis told:\n%s\nexpected:\n%s", c->yaml,
                    (const char *)lines.bytes, c->faults);
            wrong_count++;
        }
        proa_buffer_deinit(&lines);
        free(copy);
        proa_arena_destroy(faults.arena);
    }
    CHECK_EQ(wrong_count, 0);
}

static const char whole[] =
    "listen: [127.0.0.1:8080, 'unix:/run/p.sock']\n"
    "tls: { certificate: c.pem, key: /abs/k.pem }\n"
    "proxy-protocol: true\n"
    "admin: 127.0.0.1:9090\n"
    "log: { format: json, requests: false }\n"
    "usage: { file: u.jsonl, key: /abs/u.pem }\n"
    "workers: 3\n"
    "drain: 5s\n"
    "watch: true\n"
    "reload-from: [next, /abs/next]\n"
    "user: nobody\n"
    "sandbox: false\n"
    "limits: { connections: 10, queue: 11, memory: 1G, idle-timeout: 2s }\n"
    "defaults: &d\n"
    "  timeout: 2s\n"
    "  memory: 64M\n"
    "  rate: 60/m\n"
    "  env: { A: 1, B: two, PROA_TEST_NONE: }\n"
    "folder: functions\n"
    "static: public\n"
    "routes:\n"
    "  /: a.wasm\n"
    "  /b/[id]:\n"
    "    module: b.wasm\n"
    "    name: bee\n"
    "    abi: reactr\n"
    "    timeout: 500ms\n"
    "    cpu-timeout: 20ms\n"
    "    fuel: 9000000000\n"
    "    concurrency: 4\n"
    "    queue: 0\n"
    "    queue-timeout: 10ms\n"
    "    rate: 100/s\n"
    "    burst: 7\n"
    "    args: [x, '']\n"
    "    env: { B: 3, C: '' }\n"
    "    dirs: { /d: data, /e: { path: /x, read-only: true } }\n"
    "  /c: { module: 'https://h/c.wasm', env: {} }\n";

#define CHECK_TEXT(actual, expected) CHECK_EQ(strcmp(actual, expected), 0)

static void check_file(const struct proa_config *config)
{
    CHECK_EQ(config->listen.count, 2);
    CHECK_TEXT(config->listen.items[1], "unix:/run/p.sock");
    CHECK_TEXT(config->tls_certificate_path, "etc/c.pem");
    CHECK_TEXT(config->tls_key_path, "/abs/k.pem");
    CHECK_EQ(config->reads_proxy_header, true);
    CHECK_TEXT(config->admin_address, "127.0.0.1:9090");
    CHECK_EQ(config->log_format, 2);
    CHECK_EQ(config->is_quiet, true);
    CHECK_TEXT(config->usage_path, "etc/u.jsonl");
    CHECK_TEXT(config->usage_key_path, "/abs/u.pem");
    CHECK_EQ(config->worker_count, 3);
    CHECK_EQ(config->drain_ns, 5000000000);
    CHECK_EQ(config->watches, true);
    CHECK_EQ(config->reload_folders.count, 2);
    CHECK_TEXT(config->reload_folders.items[0], "etc/next");
    CHECK_TEXT(config->reload_folders.items[1], "/abs/next");
    CHECK_TEXT(config->user, "nobody");
    CHECK_EQ(config->is_unconfined, true);
    CHECK_EQ(config->limits.connection_count_max, 10);
    CHECK_EQ(config->limits.queue_count_max, 11);
    CHECK_EQ(config->limits.memory_bytes_max, 1 << 30);
    CHECK_EQ(config->limits.idle_ns_max, 2000000000);
    CHECK_TEXT(config->folder_path, "etc/functions");
    CHECK_TEXT(config->public_path, "etc/public");
}

static void check_function(const struct proa_function_settings *b)
{
    CHECK_TEXT(b->route, "/b/[id]");
    CHECK_TEXT(b->path, "etc/b.wasm");
    CHECK_TEXT(b->name, "bee");
    CHECK_EQ(b->abi, PROA_ABI_REACTR);
    CHECK_EQ(b->timeout_ns, 500000000);
    CHECK_EQ(b->cpu_ns_max, 20000000);
    CHECK_EQ(b->fuel, 9000000000);
    CHECK_EQ(b->admission.running_max, 4);
    CHECK_EQ(b->admission.waiting_max, PROA_ADMISSION_NONE);
    CHECK_EQ(b->admission.wait_ns_max, 10000000);
    CHECK_EQ(b->admission.rate_interval_ns, 10000000);
    CHECK_EQ(b->admission.burst, 7);
    CHECK_EQ(b->arg_count, 2);
    CHECK_TEXT(b->args[0], "x");
    CHECK_TEXT(b->args[1], "");
    CHECK_EQ(b->env_count, 3);
    CHECK_TEXT(b->env[0], "B=3");
    CHECK_TEXT(b->env[1], "C=");
    CHECK_TEXT(b->env[2], "A=1");
    CHECK_EQ(b->preopen_count, 2);
    CHECK_TEXT(b->preopens[0].host_path, "etc/data");
    CHECK_TEXT(b->preopens[0].guest_path, "/d");
    CHECK_EQ(b->preopens[0].is_read_only, false);
    CHECK_TEXT(b->preopens[1].host_path, "/x");
    CHECK_EQ(b->preopens[1].is_read_only, true);
}

static void all_settings_arrive(void)
{
    struct proa_config_faults faults = faults_make();
    const struct proa_config *config =
        proa_config_parse(whole, strlen(whole), "etc", NULL, &faults);

    if (config == NULL)
        fprintf(stderr, "%s\n", faults.items[0].text);
    CHECK_EQ(config != NULL, true);
    check_file(config);
    CHECK_EQ(config->function_count, 3);
    CHECK_TEXT(config->functions[0].settings.path, "etc/a.wasm");
    CHECK_EQ(config->functions[0].place.line, 22);
    check_function(&config->functions[1].settings);
    CHECK_EQ(config->functions[2].settings.env_count, 2);
    CHECK_TEXT(config->functions[2].settings.path, "https://h/c.wasm");
    CHECK_EQ(config->defaults.admission.rate_interval_ns, 1000000000);
    CHECK_EQ(config->defaults.admission.burst, 60);
    CHECK_EQ(config->defaults.env_count, 2);
    proa_arena_destroy(faults.arena);
}

/* defaults < command line < route. */
static void command_line_stands_before_defaults(void)
{
    static const char *const env[] = { "A=cli", "Z=cli" };
    const struct proa_function_settings given = { .timeout_ns = 9,
                                                  .env = env,
                                                  .env_count = 2 };
    struct proa_config_faults faults = faults_make();
    struct proa_plan plan;
    struct proa_error err = { 0 };
    const char text[] =
        "defaults: { timeout: 1s, memory: 1M, env: { A: d, B: d } }\n"
        "routes: { /: a, /r: { module: r, timeout: 2s, env: { Z: r } } }";
    const struct proa_config *config =
        proa_config_parse(text, strlen(text), NULL, &given, &faults);

    CHECK_EQ(config != NULL, true);
    CHECK_EQ(proa_plan_init(&plan, &err), PROA_OK);
    CHECK_EQ(proa_config_plan(config, &plan, &err), PROA_OK);
    CHECK_EQ(plan.count, 2);
    CHECK_EQ(plan.items[0].timeout_ns, 9);
    CHECK_EQ(plan.items[0].memory_bytes_max, 1 << 20);
    CHECK_EQ(plan.items[0].env_count, 3);
    CHECK_TEXT(plan.items[0].env[0], "A=cli");
    CHECK_TEXT(plan.items[0].env[1], "Z=cli");
    CHECK_TEXT(plan.items[0].env[2], "B=d");
    CHECK_EQ(plan.items[1].timeout_ns, 2000000000);
    CHECK_TEXT(plan.items[1].env[0], "Z=r");
    CHECK_EQ(plan.items[1].env_count, 3);
    proa_plan_deinit(&plan);
    proa_arena_destroy(faults.arena);
}

/* What aliases make of a small file has a limit, as has the file. */
static void large_ones_are_refused(void)
{
    struct proa_config_faults faults = faults_make();
    struct proa_buffer text;

    proa_buffer_init(&text, 2 << 20);
    (void)proa_buffer_printf(&text, "defaults: { args: &e [");
    for (int i = 0; i < 5000; i++)
        (void)proa_buffer_printf(&text, "a%d,", i);
    (void)proa_buffer_printf(&text, "] }\nroutes:\n");
    for (int i = 0; i < 500; i++)
        (void)proa_buffer_printf(&text, "  /r%d: { module: m, args: *e }\n", i);
    CHECK_EQ(proa_config_parse((const char *)text.bytes, text.size, NULL, NULL,
                               &faults) == NULL,
             true);
    CHECK_EQ(faults.count, 1);
    CHECK_EQ(strstr(faults.items[0].text, "200000 values") != NULL, true);
    proa_buffer_clear(&text);
    (void)proa_buffer_append_zeros(&text, PROA_CONFIG_BYTES_MAX + 1);
    faults.count = 0;
    CHECK_EQ(proa_config_parse((const char *)text.bytes, text.size, NULL, NULL,
                               &faults) == NULL,
             true);
    CHECK_EQ(faults.count, 1);
    proa_buffer_deinit(&text);
    proa_arena_destroy(faults.arena);
}

/* Only so many faults are kept. */
static void faults_are_counted(void)
{
    struct proa_config_faults faults = faults_make();
    struct proa_buffer text;

    proa_buffer_init(&text, 1 << 16);
    for (int i = 0; i < 60; i++)
        (void)proa_buffer_printf(&text, "bad%d: x\n", i);
    CHECK_EQ(proa_config_parse((const char *)text.bytes, text.size, NULL, NULL,
                               &faults) == NULL,
             true);
    CHECK_EQ(faults.count, PROA_CONFIG_FAULTS_MAX);
    CHECK_EQ(faults.more, 10);
    proa_buffer_deinit(&text);
    proa_arena_destroy(faults.arena);
}

int main(void)
{
    bad_ones_are_told();
    all_settings_arrive();
    command_line_stands_before_defaults();
    large_ones_are_refused();
    faults_are_counted();
    return 0;
}
