/*
 * The first program of the lab's virtual machine: loads the modules of its
 * network card, gives it the address that QEMU's user network expects, and
 * becomes the server: /lab_items_static 0.0.0.0:8080.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TURN_COUNT_MAX = 4 };

static const char *const modules[] = {
    "virtio",
    "virtio_ring",
    "virtio_pci_legacy_dev",
    "virtio_pci_modern_dev",
    "virtio_pci",
    "failover",
    "net_failover",
    "virtio_net",
};

/* Loads what can be loaded; the count of what could not. */
static int load_modules(void)
{
    char path[64];
    int missing = 0;

    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++) {
        int fd;
        (void)snprintf(path, sizeof path, "/modules/%s.ko", modules[i]);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            continue; /* built into this kernel */
        if (syscall(SYS_finit_module, fd, "", 0) != 0 && errno != EEXIST)
            missing++;
        (void)close(fd);
    }
    return missing;
}

static void set_address(int fd, const char *name, const char *address)
{
    struct ifreq request = { 0 };
    struct sockaddr_in *place = (struct sockaddr_in *)&request.ifr_addr;

    (void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    place->sin_family = AF_INET;
    (void)inet_pton(AF_INET, address, &place->sin_addr);
    if (ioctl(fd, SIOCSIFADDR, &request) != 0)
        perror(name);
    (void)inet_pton(AF_INET, "255.255.255.0", &place->sin_addr);
    (void)ioctl(fd, SIOCSIFNETMASK, &request);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (ioctl(fd, SIOCSIFFLAGS, &request) != 0)
        perror(name);
}

int main(void)
{
    char program[] = "/lab_items_static", address[] = "0.0.0.0:8080";
    char *const argv[] = { program, address, NULL };
    char *const environ[] = { NULL };
    int fd;

    (void)mount("proc", "/proc", "proc", 0, NULL);
    (void)mount("dev", "/dev", "devtmpfs", 0, NULL);
    /* One may need another further down the list. */
    for (int turn = 0; turn < TURN_COUNT_MAX && load_modules() > 0; turn++)
        ;
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    set_address(fd, "lo", "127.0.0.1");
    set_address(fd, "eth0", "10.0.2.15");
    (void)execve(argv[0], argv, environ);
    perror(argv[0]);
    return 1;
}
