// A guest in C++; the same program in every language, see run.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <iostream>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

// The C++ library for WASI has no <fstream> and no <filesystem>.
struct File {
    std::unique_ptr<FILE, int (*)(FILE *)> file;

    File(const char *path, const char *mode)
        : file(std::fopen(path, mode), std::fclose)
    {
    }
    void write(const std::string &text)
    {
        std::fwrite(text.data(), 1, text.size(), file.get());
    }
    std::string read()
    {
        std::string text(100, '\0');
        text.resize(std::fread(text.data(), 1, text.size(), file.get()));
        return text;
    }
};

static void list(const char *path)
{
    std::vector<std::string> names;
    DIR *folder = opendir(path);

    while (const dirent *entry = folder ? readdir(folder) : nullptr)
        if (entry->d_name[0] != '.')
            names.emplace_back(entry->d_name);
    if (folder)
        closedir(folder);
    std::sort(names.begin(), names.end());
    for (size_t i = 0; i < names.size(); i++)
        std::cout << (i > 0 ? " " : "") << names[i];
    std::cout << "\n";
}

static void files()
{
    struct stat found;

    mkdir("/data/d", 0777);
    File("/data/d/a.txt", "w").write("first\nsecond\nthird\n");
    File("/data/d/a.txt", "a").write("fourth\n");
    const std::string text = File("/data/d/a.txt", "r").read();
    std::cout << "read " << text.size() << " bytes, "
              << std::count(text.begin(), text.end(), '\n') << " lines\n";
    File("/data/d/b.txt", "w").write("");
    list("/data/d");
    std::rename("/data/d/a.txt", "/data/d/c.txt");
    list("/data/d");
    stat("/data/d/c.txt", &found);
    std::cout << "size " << found.st_size << "\n";
    std::cout << "outside "
              << (File("/data/../secret", "r").file ? "opened" : "refused")
              << "\n";
    unlink("/data/d/b.txt");
    unlink("/data/d/c.txt");
    rmdir("/data/d");
    std::cout << (stat("/data/d", &found) == 0 ? "still there" : "gone")
              << "\n";
}

static void env()
{
    for (const char *name : { "GREETING", "EMPTY", "ABSENT" }) {
        const char *value = std::getenv(name);
        std::cout << name << "=" << (value ? value : "(none)") << "\n";
    }
}

static void copy()
{
    std::ios::sync_with_stdio(false);
    std::vector<char> buffer(65536);
    while (std::cin.read(buffer.data(), (std::streamsize)buffer.size()),
           std::cin.gcount() > 0)
        std::cout.write(buffer.data(), std::cin.gcount());
    std::cout.flush();
}

struct Boat {
    virtual ~Boat() = default;
    virtual std::string name() const = 0;
};
struct Proa : Boat {
    std::string name() const override { return "C++"; }
};

int main(int argc, char **argv)
{
    const std::vector<std::string> words(argv, argv + argc);
    const std::string task = argc > 1 ? words[1] : "hello";

    if (task == "hello") {
        std::cout << "hello from " << std::unique_ptr<Boat>(new Proa)->name()
                  << "\n";
    } else if (task == "args") {
        for (size_t i = 2; i < words.size(); i++)
            std::cout << "[" << words[i] << "]\n";
    } else if (task == "env") {
        env();
    } else if (task == "files") {
        files();
    } else if (task == "pipe") {
        copy();
    } else if (task == "exit") {
        std::exit(7);
    } else if (task == "panic") {
        std::cerr << "about to panic\n";
        std::terminate();
    }
}
