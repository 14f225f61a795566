// SPDX-License-Identifier: GPL-2.0
/*
 * ike-helper: the IKEv2 keying daemon of espudp links. Reads the command line, builds the daemon
 * and runs it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/answer.h"
#include "config/config.h"
#include "config/export.h"
#include "config/keys.h"
#include "daemon/daemon.h"
#include "daemon/dns.h"
#include "daemon/pool.h"
#include "daemon/remember.h"
#include "daemon/probe.h"
#include "daemon/tunnel.h"
#include "daemon/version.h"
#include "system/log.h"
#include "system/notify.h"
#include "system/sandbox.h"
#include "system/signer.h"

enum {
	EXIT_USAGE = 2,
};

#define PROBE_TIME 8	/* seconds for each port of --explain */

enum {
	OPTION_BACKGROUND = 256,
	OPTION_EXIT_WHEN_IDLE,
	OPTION_KEEP,
	OPTION_RESUME,
	OPTION_NO_SANDBOX,
	OPTION_CHECK,
	OPTION_PORT,
	OPTION_NATT_PORT,
	OPTION_HELP_CONFIG,
	OPTION_LIST_KEYS,
	OPTION_LOG_FORMAT,
	OPTION_EXPLAIN,
	OPTION_EXPORT,
	OPTION_AT,
	OPTION_WITH_PSK,
	OPTION_VERSION,
	OPTION_HELP,
};

/**
 * struct command_line - what was asked for
 * @check: only read the files
 * @keys: only print keys, those that the files name
 * @host: only ask that host
 * @order: only write the file of the other end, if it names a format
 * @json: answer in JSON
 * @resume: bring up what an earlier process had, and remember for the next
 * @no_sandbox: keep all rights, for debugging
 * @background: return to the caller when everything is ready
 * @ready: descriptor to tell so, -1 in the foreground
 */
struct command_line {
	struct daemon_options daemon;
	bool check;
	bool keys;
	bool json;
	bool resume;
	bool no_sandbox;
	const char *host;
	struct export_order order;
	bool background;
	bool verbose;
	char **files;
	int ready;
};

static void usage(FILE *to)
{
	fputs("usage: ike-helper [options] [FILE...]\n"
	      "Key the espudp links that the FILEs describe, and those of 'espudp up'.\n"
	      "\n"
	      "  -s, --socket PATH    control socket (" CONTROL_PATH ", or $ESPUDP_CONTROL)\n"
	      "  -f, --foreground     stay in the foreground (default)\n"
	      "      --background     return when everything is ready\n"
	      "      --exit-when-idle end when there is no link and nobody asks\n"
	      "      --keep           leave the tunnels to the kernel at the end (see SIGUSR2)\n"
	      "      --resume         bring up the links that an earlier process with --resume had up\n"
	      "      --no-sandbox     keep all rights, for debugging\n"
	      "      --check          read the FILEs, say what is wrong with them or what they mean,\n"
	      "                       and end\n"
	      "      --port N         UDP port of IKE (500)\n"
	      "      --natt-port N    UDP port of NAT traversal and ESP (4500)\n"
	      "  -v, --verbose        log every message\n"
	      "      --log-format F   text (default), or json: an object a line, with the name of the event\n"
	      "      --explain HOST   ask a host by IKE_SA_INIT what it would take, and end\n"
	      "      --export FORMAT  write the FILE's other end as others want it, and end: " EXPORT_FORMATS "\n"
	      "      --at HOST        where the other end finds us, for --export\n"
	      "      --with-psk       write the pre-shared key, too, for --export\n"
	      "      --help-config    print the keys of a configuration, all of them or the KEYs that\n"
	      "                       stand instead of FILEs, and end\n"
	      "      --list-keys      print the names of all keys, one a line, and end\n"
	      "  -j, --json           print what --check and --help-config say in JSON\n"
	      "      --version        print the version\n"
	      "      --help           print this\n", to);
}

static bool parse_port(const char *text, uint16_t *port)
{
	uint64_t number;

	if (!config_number(text, &number) || !number || number > UINT16_MAX) {
		fprintf(stderr, "ike-helper: '%s' is no port: 1 to 65535\n", text);
		return false;
	}
	*port = (uint16_t)number;
	return true;
}

static void print_and_exit(int option)
{
	if (option == OPTION_LIST_KEYS)
		answer_key_names();
	else if (option == OPTION_VERSION)
		puts("ike-helper " ESPUDP_VERSION);
	else
		usage(stdout);
	exit(fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* One option. Return: false if it is wrong, with the reason printed. */
static bool take_option(struct command_line *line, int option)
{
	switch (option) {
	case 's':
		line->daemon.socket = optarg;
		return true;
	case 'f':
		line->background = false;
		return true;
	case OPTION_BACKGROUND:
		line->background = true;
		return true;
	case OPTION_EXIT_WHEN_IDLE:
		line->daemon.exit_when_idle = true;
		return true;
	case OPTION_KEEP:
		line->daemon.keep = true;
		return true;
	case OPTION_RESUME:
		line->resume = true;
		return true;
	case OPTION_NO_SANDBOX:
		line->no_sandbox = true;
		return true;
	case OPTION_CHECK:
		line->check = true;
		return true;
	case OPTION_PORT:
		return parse_port(optarg, &line->daemon.port);
	case OPTION_NATT_PORT:
		return parse_port(optarg, &line->daemon.natt_port);
	case 'v':
		line->verbose = true;
		return true;
	case OPTION_EXPLAIN:
		line->host = optarg;
		return true;
	case OPTION_EXPORT:
		line->order.format = optarg;
		return true;
	case OPTION_AT:
		line->order.at = optarg;
		return true;
	case OPTION_WITH_PSK:
		line->order.secret = true;
		return true;
	case OPTION_LOG_FORMAT:
		if (strcmp(optarg, "text") && strcmp(optarg, "json")) {
			fprintf(stderr, "ike-helper: --log-format is text or json\n");
			return false;
		}
		if (!strcmp(optarg, "json"))
			log_in_json();
		return true;
	case OPTION_HELP_CONFIG:
		line->keys = true;
		return true;
	case 'j':
		line->json = true;
		return true;
	case OPTION_LIST_KEYS:
	case OPTION_VERSION:
	case OPTION_HELP:
		print_and_exit(option);
		return true;
	default:
		usage(stderr);
		return false;
	}
}

static bool parse_line(struct command_line *line, int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "foreground", no_argument, NULL, 'f' },
		{ "background", no_argument, NULL, OPTION_BACKGROUND },
		{ "exit-when-idle", no_argument, NULL, OPTION_EXIT_WHEN_IDLE },
		{ "keep", no_argument, NULL, OPTION_KEEP },
		{ "resume", no_argument, NULL, OPTION_RESUME },
		{ "no-sandbox", no_argument, NULL, OPTION_NO_SANDBOX },
		{ "check", no_argument, NULL, OPTION_CHECK },
		{ "port", required_argument, NULL, OPTION_PORT },
		{ "natt-port", required_argument, NULL, OPTION_NATT_PORT },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help-config", no_argument, NULL, OPTION_HELP_CONFIG },
		{ "explain", required_argument, NULL, OPTION_EXPLAIN },
		{ "export", required_argument, NULL, OPTION_EXPORT },
		{ "at", required_argument, NULL, OPTION_AT },
		{ "with-psk", no_argument, NULL, OPTION_WITH_PSK },
		{ "log-format", required_argument, NULL, OPTION_LOG_FORMAT },
		{ "list-keys", no_argument, NULL, OPTION_LIST_KEYS },
		{ "json", no_argument, NULL, 'j' },
		{ "version", no_argument, NULL, OPTION_VERSION },
		{ "help", no_argument, NULL, OPTION_HELP },
		{ NULL, 0, NULL, 0 },
	};
	const char *socket = getenv("ESPUDP_CONTROL");
	int option;

	*line = (struct command_line){
		.daemon = {
			.socket = socket && *socket ? socket : CONTROL_PATH,
			.port = UDP_PORT_IKE,
			.natt_port = UDP_PORT_NATT,
		},
		.ready = -1,
	};
	while ((option = getopt_long(argc, argv, "s:fvj", options, NULL)) != -1)
		if (!take_option(line, option))
			return false;
	line->files = argv + optind;
	if (line->daemon.port == line->daemon.natt_port) {
		fprintf(stderr, "ike-helper: --port and --natt-port must differ\n");
		return false;
	}
	if (line->json && !line->check && !line->keys && !line->host) {
		fprintf(stderr, "ike-helper: --json goes with --check, --explain or --help-config\n");
		return false;
	}
	if ((line->check || line->order.format) && !*line->files) {
		fprintf(stderr, "ike-helper: --%s needs a FILE\n", line->check ? "check" : "export");
		return false;
	}
	if (line->order.format ? !!line->files[1] : line->order.at || line->order.secret) {
		fprintf(stderr, line->order.format ? "ike-helper: --export takes one FILE\n" :
			"ike-helper: --at and --with-psk go with --export\n");
		return false;
	}
	return true;
}

/* Read a file and print what is wrong with it. */
static struct config *read_config(const char *path)
{
	struct config_report report;
	struct config *config = config_read(path, &report);

	for (size_t i = 0; i < report.count; i++)
		fprintf(stderr, "%s\n", report.errors[i]);
	if (report.more)
		fprintf(stderr, "%s: and more errors\n", path);
	return config;
}

/* Answer what needs no daemon. */
static int answer(const struct command_line *line)
{
	bool fine = line->check ? answer_check(line->files, line->json) :
				  answer_keys(line->files, line->json);

	return fine && !fflush(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Write the file of the other end. */
static int export_file(const struct command_line *line)
{
	struct config *config = read_config(line->files[0]);
	char why[EXPORT_WHY_MAX];
	bool done;

	if (!config)
		return EXIT_FAILURE;
	done = export_config(config, &line->order, why);
	if (!done)
		fprintf(stderr, "%s: cannot be exported: %s\n", line->files[0], why);
	config_free(config);
	return done && !fflush(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool bring_up(struct daemon *d, const char *path)
{
	struct config *config = read_config(path);
	char why[DAEMON_WHY_MAX];

	if (!config)
		return false;
	if (tunnel_find(d, config->name)) {
		log_error(config->name, "%s: another file is for a link of this name", path);
		config_free(config);
		return false;
	}
	if (!tunnel_up(d, config, why))
		return true;
	log_error(NULL, "%s: %s", path, why);
	return false;
}

/* Keys must not get out by a core file, a debugger or a file that others may read. */
static void harden(void)
{
	struct rlimit none = { 0, 0 };
	int fd;

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	umask(077);
	/* Nothing of ours may come to be standard output. */
	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* In the background: leave the terminal, and tell who waits that all went well. */
static void detach(struct command_line *line)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	char done = 0;

	log_to_syslog();
	for (int i = STDIN_FILENO; i <= STDERR_FILENO && fd >= 0; i++)
		dup2(fd, i);
	if (fd > STDERR_FILENO)
		close(fd);
	if (chdir("/"))
		log_warning(NULL, "cannot leave the directory: %s", strerror(errno));
	if (write(line->ready, &done, 1) != 1)
		log_warning(NULL, "nobody waited for the start");
	close(line->ready);
}

/* A link that was up is up again; that its file is wrong now is no reason not to start. */
static void resume(void *arg, const char *path)
{
	struct config *config = read_config(path);
	struct daemon *d = arg;
	char why[DAEMON_WHY_MAX];

	if (config && tunnel_find(d, config->name))
		config_free(config);
	else if (config && tunnel_up(d, config, why))
		log_error(NULL, "%s: %s", path, why);
}

/* Directory of a file with an absolute or relative path. */
static void directory_of(char out[PATH_MAX], const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == path)
		slash++;
	if (snprintf(out, PATH_MAX, "%.*s", (int)(slash ? slash - path : 1), slash ? path : ".") >=
	    PATH_MAX)
		out[0] = '\0';
}

/*
 * Give up what the daemon needs no more, now that it has done nothing yet. The directories that it
 * writes to are made before; if one cannot be, who needs it says so.
 */
static void confine(const struct command_line *line)
{
	const char *state = getenv("STATE_DIRECTORY");
	char control[PATH_MAX];
	struct sandbox sandbox = { .writable = { control, POOL_DIRECTORY } };
	int err;

	directory_of(control, line->daemon.socket);
	if (state && state[0] == '/')
		sandbox.writable[1] = state;
	for (size_t i = 0; i < 2; i++)
		mkdir(sandbox.writable[i], 0700);
	if (dns_open())
		log_warning(NULL, "name servers: no process to set them: %s", strerror(errno));
	err = signer_start(!line->no_sandbox);
	if (err)
		log_warning(NULL, "no process for private keys, they are read by this one: %s",
			    strerror(-err));
	if (line->no_sandbox)
		log_warning(NULL, "without a sandbox: a fault in this process is one of all of root");
	else
		sandbox_enter(&sandbox);
}

static int run(struct command_line *line)
{
	static struct daemon d;
	char why[DAEMON_WHY_MAX];
	int status = EXIT_SUCCESS;
	int err;

	confine(line);
	err = line->resume ? remember_open(line->daemon.socket) : 0;
	if (err)
		log_warning(NULL, "--resume: nothing is remembered: %s", strerror(-err));
	if (daemon_open(&d, &line->daemon, why)) {
		log_error(NULL, "%s", why);
		return EXIT_FAILURE;
	}
	for (char **file = line->files; *file && !status; file++)
		if (!bring_up(&d, *file))
			status = EXIT_FAILURE;
	if (!status)
		remember_each(resume, &d);
	if (status) {
		daemon_stop(&d);
	} else {
		if (line->background)
			detach(line);
		notify_manager("READY=1");
	}
	if (daemon_run(&d))
		status = EXIT_FAILURE;
	daemon_close(&d);
	return status;
}

/* Wait for the child to be ready, or to have said why it is not. */
static int wait_for(pid_t child, int ready)
{
	char done;
	int status;

	if (read(ready, &done, 1) == 1)
		return EXIT_SUCCESS;
	if (waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status))
		return WEXITSTATUS(status);
	fprintf(stderr, "ike-helper: ended before it was ready\n");
	return EXIT_FAILURE;
}

static int run_in_background(struct command_line *line)
{
	pid_t child;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0 || (child = fork()) < 0) {
		fprintf(stderr, "ike-helper: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	if (child) {
		close(ends[1]);
		return wait_for(child, ends[0]);
	}
	close(ends[0]);
	line->ready = ends[1];
	setsid();
	return run(line);
}

int main(int argc, char **argv)
{
	struct command_line line;

	if (!parse_line(&line, argc, argv))
		return EXIT_USAGE;
	if (line.host)
		return probe_host(line.host, PROBE_TIME, line.json);
	if (line.order.format)
		return export_file(&line);
	if (line.check || line.keys)
		return answer(&line);
	harden();
	log_setup(line.verbose);
	return line.background ? run_in_background(&line) : run(&line);
}
