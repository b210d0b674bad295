/*
 * The official test suite, as JSON and binaries made by
 * `wasm-tools json-from-wast`. A script is a process of its own: what crashes
 * or hangs there is one failure here.
 * https://github.com/WebAssembly/spec/tree/main/test/core
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "script.h"

enum { SCRIPTS_MAX = 1000, JOBS_MAX = 64, SCRIPT_SECONDS_MAX = 300 };

static const char usage[] =
    "usage: run [-j JOBS] [-O LEVEL]... FOLDER [SCRIPT...]\n"
    "FOLDER holds core/ and needs.json. LEVEL is 0 to 3, `default` or\n"
    "`baseline`; without one, -O0, the default level and baseline are run.\n";

/* A script that runs: its output goes to a file until it has ended. */
struct job {
    pid_t pid; /* 0: free */
    const char *name;
    FILE *output;
    struct tally *tally; /* shared with the process */
};

struct run {
    const char *folder;
    char *names[SCRIPTS_MAX];
    uint32_t name_count;
    json_t *needs;
    struct job jobs[JOBS_MAX];
    uint32_t job_count;
    int opt_levels[8]; /* as in struct script_options */
    uint32_t opt_level_count;
    bool counts_fuel;
    struct tally total;
};

static void die(const char *text)
{
    perror(text);
    exit(2);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_name(struct run *run, const char *name)
{
    if (run->name_count == SCRIPTS_MAX)
        die("too many scripts");
    run->names[run->name_count] = strdup(name);
    if (run->names[run->name_count++] == NULL)
        die("memory");
}

static void find_scripts(struct run *run)
{
    char path[4096];
    struct dirent *entry;
    DIR *folder;

    snprintf(path, sizeof path, "%s/core", run->folder);
    folder = opendir(path);
    if (folder == NULL)
        die(path);
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.')
            add_name(run, entry->d_name);
    }
    closedir(folder);
    qsort(run->names, run->name_count, sizeof run->names[0], compare_names);
}

/* "function-references, gc", or "" when the script needs nothing special. */
static void join_needs(const struct run *run, const char *name, char *text,
                       size_t text_size)
{
    const json_t *feature;
    size_t used = 0;
    size_t i;

    text[0] = '\0';
    json_array_foreach(json_object_get(run->needs, name), i, feature)
    {
        int added = snprintf(text + used, text_size - used, "%s%s",
                             i > 0 ? ", " : "", json_string_value(feature));

        if (added < 0 || (size_t)added >= text_size - used)
            return;
        used += (size_t)added;
    }
}

static _Noreturn void run_child(const struct run *run, const struct job *job,
                                int opt_level)
{
    struct script_options options = { .name = job->name,
                                      .counts_fuel = run->counts_fuel,
                                      .opt_level = opt_level };
    char folder[4096];
    char needs[200];

    snprintf(folder, sizeof folder, "%s/core/%s", run->folder, job->name);
    join_needs(run, job->name, needs, sizeof needs);
    options.folder = folder;
    options.needs = needs[0] != '\0' ? needs : NULL;
    if (dup2(fileno(job->output), STDOUT_FILENO) < 0 ||
        dup2(fileno(job->output), STDERR_FILENO) < 0)
        die("dup2");
    setvbuf(stdout, NULL, _IOLBF, 0);
    alarm(SCRIPT_SECONDS_MAX);
    script_run(&options, job->tally);
    fflush(stdout);
    _exit(0);
}

static void start(struct run *run, struct job *job, const char *name,
                  int opt_level)
{
    job->name = name;
    job->output = tmpfile();
    if (job->output == NULL)
        die("tmpfile");
    *job->tally = (struct tally){ 0 };
    fflush(stdout);
    job->pid = fork();
    if (job->pid < 0)
        die("fork");
    if (job->pid == 0)
        run_child(run, job, opt_level);
}

static void copy_output(FILE *output)
{
    char buffer[4096];
    size_t size;

    rewind(output);
    while ((size = fread(buffer, 1, sizeof buffer, output)) > 0)
        fwrite(buffer, 1, size, stdout);
    fclose(output);
}

static void finish(struct run *run, struct job *job, int wait_status)
{
    copy_output(job->output);
    if (WIFSIGNALED(wait_status)) {
        printf("FAIL %s: killed by signal %d (%s)\n", job->name,
               WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)));
        job->tally->failed++;
    } else if (WEXITSTATUS(wait_status) != 0) {
        printf("FAIL %s: ended with %d\n", job->name, WEXITSTATUS(wait_status));
        job->tally->failed++;
    }
    printf("%-24s %6u passed, %u failed, %u skipped\n", job->name,
           job->tally->passed, job->tally->failed, job->tally->skipped);
    run->total.passed += job->tally->passed;
    run->total.failed += job->tally->failed;
    run->total.skipped += job->tally->skipped;
    run->total.skipped_text += job->tally->skipped_text;
    job->pid = 0;
}

/* Wait for one script to end; returns its place. */
static struct job *wait_one(struct run *run)
{
    int wait_status;
    pid_t pid = wait(&wait_status);

    if (pid < 0)
        die("wait");
    for (uint32_t i = 0; i < run->job_count; i++) {
        if (run->jobs[i].pid == pid) {
            finish(run, &run->jobs[i], wait_status);
            return &run->jobs[i];
        }
    }
    return wait_one(run);
}

static void run_level(struct run *run, int opt_level)
{
    uint32_t running = 0;

    for (uint32_t i = 0; i < run->name_count; i++) {
        struct job *job = &run->jobs[running];

        if (running == run->job_count)
            job = wait_one(run);
        else
            running++;
        start(run, job, run->names[i], opt_level);
    }
    for (; running > 0; running--)
        wait_one(run);
}

static void run_all(struct run *run)
{
    for (uint32_t i = 0; i < run->opt_level_count; i++) {
        struct tally before = run->total;

        if (run->opt_levels[i] == SCRIPT_BASELINE)
            printf("== baseline\n");
        else if (run->opt_levels[i] == 0)
            printf("== default level\n");
        else
            printf("== -O%d\n", run->opt_levels[i] - 1);
        run_level(run, run->opt_levels[i]);
        printf("== %u passed, %u failed, %u skipped (%u of the text format)\n",
               run->total.passed - before.passed,
               run->total.failed - before.failed,
               run->total.skipped - before.skipped,
               run->total.skipped_text - before.skipped_text);
    }
    printf("%u passed, %u failed, %u skipped\n", run->total.passed,
           run->total.failed, run->total.skipped);
}

static int level_of(const char *text)
{
    if (strcmp(text, "baseline") == 0)
        return SCRIPT_BASELINE;
    return strcmp(text, "default") == 0 ? 0 : atoi(text) + 1;
}

static void read_options(struct run *run, int argc, char **argv)
{
    int option;

    run->job_count = 2;
    while ((option = getopt(argc, argv, "fj:O:")) != -1) {
        if (option == 'f') {
            run->counts_fuel = true;
        } else if (option == 'j' && atoi(optarg) > 0 &&
                   atoi(optarg) <= JOBS_MAX) {
            run->job_count = (uint32_t)atoi(optarg);
        } else if (option == 'O' && run->opt_level_count < 8) {
            run->opt_levels[run->opt_level_count++] = level_of(optarg);
        } else {
            fputs(usage, stderr);
            exit(2);
        }
    }
    if (optind == argc) {
        fputs(usage, stderr);
        exit(2);
    }
    if (run->opt_level_count == 0) {
        run->opt_levels[run->opt_level_count++] = 1;
        run->opt_levels[run->opt_level_count++] = 0;
        run->opt_levels[run->opt_level_count++] = SCRIPT_BASELINE;
    }
    run->folder = argv[optind++];
    while (optind < argc)
        add_name(run, argv[optind++]);
}

int main(int argc, char **argv)
{
    static struct run run;
    struct tally *tallies;
    char path[4096];

    read_options(&run, argc, argv);
    if (run.name_count == 0)
        find_scripts(&run);
    snprintf(path, sizeof path, "%s/needs.json", run.folder);
    run.needs = json_load_file(path, 0, NULL);
    if (run.needs == NULL)
        die(path);
    tallies = mmap(NULL, sizeof *tallies * JOBS_MAX, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tallies == MAP_FAILED)
        die("mmap");
    for (uint32_t i = 0; i < JOBS_MAX; i++)
        run.jobs[i].tally = &tallies[i];
    run_all(&run);
    json_decref(run.needs);
    for (uint32_t i = 0; i < run.name_count; i++)
        free(run.names[i]);
    return run.total.failed == 0 && run.total.passed > 0 ? 0 : 1;
}
