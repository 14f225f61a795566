// SPDX-License-Identifier: GPL-2.0
#include "metrics.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "array.h"
#include "cli.h"
#include "json.h"

struct printing {
	FILE *to;
	const struct json_object *document;
	const char *name;		/* of the sample, with its suffix */
};

/**
 * struct family - one metric
 * @name: without the suffix of samples
 * @type: of OpenMetrics
 * @unit: that the name ends with, or NULL
 * @labels: names, separated by commas
 * @help: one line
 * @of_link: prints the samples of one link; NULL: @print prints all
 * @print: prints the samples of the document
 */
struct family {
	const char *name;
	const char *type;
	const char *unit;
	const char *labels;
	const char *help;
	void (*of_link)(const struct printing *p, const struct json_object *link);
	void (*print)(const struct printing *p);
};

/* A value of a label, with what must be escaped in it. */
static void put_escaped(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			fputc('\\', to);
		if (*text == '\n')
			fputs("\\n", to);
		else
			fputc((unsigned char)*text < 0x20 ? '?' : *text, to);
	}
}

static void sample(const struct printing *p, const char *link, const char *label, const char *value,
		   uint64_t number)
{
	fputs(p->name, p->to);
	if (link || label)
		fputc('{', p->to);
	if (link) {
		fputs("link=\"", p->to);
		put_escaped(p->to, link);
		fputc('"', p->to);
	}
	if (label) {
		fprintf(p->to, "%s%s=\"", link ? "," : "", label);
		put_escaped(p->to, value);
		fputc('"', p->to);
	}
	fprintf(p->to, "%s %" PRIu64 "\n", link || label ? "}" : "", number);
}

static const char *name_of(const struct json_object *link)
{
	const char *name = json_text(link, "name");

	return name ? name : "?";
}

/* A number that may be absent; then there is no sample. */
static void number_of(const struct printing *p, const struct json_object *link,
		      const struct json_object *object, const char *key)
{
	uint64_t value;

	if (json_number(object, key, &value))
		sample(p, name_of(link), NULL, NULL, value);
}

static void print_build(const struct printing *p)
{
	sample(p, NULL, "version", ESPUDP_VERSION, 1);
}

static void print_helper(const struct printing *p)
{
	sample(p, NULL, NULL, NULL, json_true(json_member(p->document, "helper", json_type_object),
					      "running"));
}

static void print_module(const struct printing *p)
{
	sample(p, NULL, NULL, NULL, json_true(json_member(p->document, "module", json_type_object),
					      "loaded"));
}

static void print_left_out(const struct printing *p)
{
	size_t n = json_length(json_member(p->document, "links", json_type_array));

	sample(p, NULL, NULL, NULL, n > METRICS_LINKS_MAX ? n - METRICS_LINKS_MAX : 0);
}

static void link_configured(const struct printing *p, const struct json_object *link)
{
	sample(p, name_of(link), NULL, NULL, json_true(link, "managed"));
}

static void link_up(const struct printing *p, const struct json_object *link)
{
	const char *state = json_text(link, "state");

	sample(p, name_of(link), NULL, NULL, state && !strcmp(state, "up"));
}

static void link_state(const struct printing *p, const struct json_object *link)
{
	static const char *const states[] = { "idle", "waiting", "connecting", "up", "manual" };
	const char *state = json_text(link, "state");

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		sample(p, name_of(link), "espudp_link_state", states[i],
		       state && !strcmp(state, states[i]));
}

static void link_problems(const struct printing *p, const struct json_object *link)
{
	sample(p, name_of(link), NULL, NULL,
	       json_length(json_member(link, "problems", json_type_array)));
}

static void link_mtu(const struct printing *p, const struct json_object *link)
{
	number_of(p, link, json_member(link, "device", json_type_object), "mtu");
}

/* Packets or bytes of one direction. */
static void traffic(const struct printing *p, const struct json_object *link, const char *direction,
		    const char *what)
{
	const struct json_object *device = json_member(link, "device", json_type_object);

	number_of(p, link, json_member(device, direction, json_type_object), what);
}

static void rx_packets(const struct printing *p, const struct json_object *link)
{
	traffic(p, link, "rx", "packets");
}

static void rx_bytes(const struct printing *p, const struct json_object *link)
{
	traffic(p, link, "rx", "bytes");
}

static void tx_packets(const struct printing *p, const struct json_object *link)
{
	traffic(p, link, "tx", "packets");
}

static void tx_bytes(const struct printing *p, const struct json_object *link)
{
	traffic(p, link, "tx", "bytes");
}

/* Members of an object that are numbers, one sample each. */
static void members(const struct printing *p, const char *link, const struct json_object *object,
		    const char *label)
{
	if (!object)
		return;
	json_object_object_foreach((struct json_object *)object, key, value)
		sample(p, link, label, key, (uint64_t)json_object_get_int64(value));
}

static void link_drops(const struct printing *p, const struct json_object *link)
{
	members(p, name_of(link), json_member(link, "drops", json_type_object), "reason");
}

static void link_events(const struct printing *p, const struct json_object *link)
{
	members(p, name_of(link), json_member(link, "events", json_type_object), "event");
}

static void link_failures(const struct printing *p, const struct json_object *link)
{
	members(p, name_of(link), json_member(link, "failures", json_type_object), "cause");
}

static void link_peers(const struct printing *p, const struct json_object *link)
{
	sample(p, name_of(link), NULL, NULL, json_length(json_member(link, "peers", json_type_array)));
}

static void link_ike(const struct printing *p, const struct json_object *link)
{
	static const char *const states[] = {
		"connecting", "authenticating", "established", "rekeying", "deleting",
	};
	const struct json_object *ikes = json_member(link, "ike", json_type_array);

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		uint64_t n = 0;

		for (size_t k = 0; k < json_length(ikes); k++) {
			const char *state = json_text(json_object_array_get_idx(ikes, k), "state");

			n += state && !strcmp(state, states[i]);
		}
		sample(p, name_of(link), "state", states[i], n);
	}
}

static void link_children(const struct printing *p, const struct json_object *link)
{
	const struct json_object *ikes = json_member(link, "ike", json_type_array);
	uint64_t n = 0, id;

	/* One that should be there and is not has no SA. */
	for (size_t k = 0; k < json_length(ikes); k++) {
		const struct json_object *children = json_member(json_object_array_get_idx(ikes, k),
								 "children", json_type_array);

		for (size_t i = 0; i < json_length(children); i++)
			n += json_number(json_object_array_get_idx(children, i), "sa_in", &id);
	}
	sample(p, name_of(link), NULL, NULL, n);
}

/* The least of a number that objects of an array have. */
static bool least(const struct json_object *array, const char *key, uint64_t *value)
{
	bool any = false;
	uint64_t one;

	for (size_t i = 0; i < json_length(array); i++) {
		if (!json_number(json_object_array_get_idx(array, i), key, &one))
			continue;
		*value = any && *value < one ? *value : one;
		any = true;
	}
	return any;
}

static void link_rekey(const struct printing *p, const struct json_object *link)
{
	const struct json_object *ikes = json_member(link, "ike", json_type_array);
	uint64_t value, one = 0;
	bool any = false;

	if (least(ikes, "rekey_in", &value))
		sample(p, name_of(link), "sa", "ike", value);
	for (size_t k = 0; k < json_length(ikes); k++) {
		if (!least(json_member(json_object_array_get_idx(ikes, k), "children",
				       json_type_array), "rekey_in", &one))
			continue;
		value = any && value < one ? value : one;
		any = true;
	}
	if (any)
		sample(p, name_of(link), "sa", "child", value);
}

static void link_certificate(const struct printing *p, const struct json_object *link)
{
	number_of(p, link, link, "certificate_expires");
}

static void link_pool(const struct printing *p, const struct json_object *link)
{
	number_of(p, link, link, "pool_size");
}

static void link_pool_used(const struct printing *p, const struct json_object *link)
{
	number_of(p, link, link, "pool_in_use");
}

static void transport_drops(const struct printing *p)
{
	const struct json_object *list = json_member(p->document, "transports", json_type_array);
	struct json_object *sum = json_object_new_object();
	uint64_t before;

	for (size_t i = 0; i < json_length(list); i++) {
		struct json_object *drops = json_member(json_object_array_get_idx(list, i), "drops",
							json_type_object);

		if (!drops)
			continue;
		json_object_object_foreach(drops, reason, packets) {
			if (!json_number(sum, reason, &before))
				before = 0;
			json_add_number(sum, reason, before +
					(uint64_t)json_object_get_int64(packets));
		}
	}
	members(p, NULL, sum, "reason");
	json_object_put(sum);
}

static const struct family families[] = {
	{ "espudp_build", "info", NULL, "version", "Version of the command.", NULL, print_build },
	{ "espudp_helper_running", "gauge", NULL, "", "Whether ike-helper answers.", NULL,
	  print_helper },
	{ "espudp_module_loaded", "gauge", NULL, "", "Whether the kernel module is there.", NULL,
	  print_module },
	{ "espudp_links_left_out", "gauge", NULL, "", "Links beyond the first 256, which are not here.",
	  NULL, print_left_out },
	{ "espudp_link_configured", "gauge", NULL, "link", "Whether ike-helper knows the link.",
	  link_configured },
	{ "espudp_link_up", "gauge", NULL, "link", "Whether packets can pass.", link_up },
	{ "espudp_link_state", "stateset", NULL, "link,espudp_link_state", "State of the tunnel.",
	  link_state },
	{ "espudp_link_problems", "gauge", NULL, "link", "What espudp show finds wrong.",
	  link_problems },
	{ "espudp_link_mtu_bytes", "gauge", "bytes", "link", "Largest packet inside the tunnel.",
	  link_mtu },
	{ "espudp_link_receive_packets", "counter", "packets", "link", "Packets out of the tunnel.",
	  rx_packets },
	{ "espudp_link_receive_bytes", "counter", "bytes", "link", "Bytes out of the tunnel.",
	  rx_bytes },
	{ "espudp_link_transmit_packets", "counter", "packets", "link", "Packets into the tunnel.",
	  tx_packets },
	{ "espudp_link_transmit_bytes", "counter", "bytes", "link", "Bytes into the tunnel.",
	  tx_bytes },
	{ "espudp_link_drops", "counter", NULL, "link,reason", "Packets that were dropped, by reason.",
	  link_drops },
	{ "espudp_transport_drops", "counter", NULL, "reason",
	  "Packets that were dropped before a link was found.", NULL, transport_drops },
	{ "espudp_link_peers", "gauge", NULL, "link", "Peers in the kernel.", link_peers },
	{ "espudp_link_ike_sas", "gauge", NULL, "link,state", "IKE SAs by state.", link_ike },
	{ "espudp_link_child_sas", "gauge", NULL, "link", "Pairs of child SAs.", link_children },
	{ "espudp_link_rekey_seconds", "gauge", "seconds", "link,sa",
	  "Time to the next rekeying of an IKE or child SA.", link_rekey },
	{ "espudp_link_events", "counter", NULL, "link,event",
	  "Events of ike-helper since the link came up.", link_events },
	{ "espudp_link_failures", "counter", NULL, "link,cause",
	  "Attempts that failed since the link came up, by cause.", link_failures },
	{ "espudp_link_certificate_expiry_timestamp_seconds", "gauge", "seconds", "link",
	  "When our certificate expires.", link_certificate },
	{ "espudp_link_pool_addresses", "gauge", NULL, "link", "Addresses in the pool.", link_pool },
	{ "espudp_link_pool_leases", "gauge", NULL, "link", "Addresses of the pool in use.",
	  link_pool_used },
};

/* Samples of some types have a suffix. */
static const char *suffix(const char *type)
{
	return !strcmp(type, "counter") ? "_total" : !strcmp(type, "info") ? "_info" : "";
}

static void print_family(FILE *to, const struct family *f, const struct json_object *document)
{
	const struct json_object *links = json_member(document, "links", json_type_array);
	struct printing p = { .to = to, .document = document };
	char name[96];

	snprintf(name, sizeof(name), "%s%s", f->name, suffix(f->type));
	p.name = name;
	fprintf(to, "# TYPE %s %s\n", f->name, f->type);
	if (f->unit)
		fprintf(to, "# UNIT %s %s\n", f->name, f->unit);
	fprintf(to, "# HELP %s %s\n", f->name, f->help);
	if (f->print)
		f->print(&p);
	for (size_t i = 0; f->of_link && i < json_length(links) && i < METRICS_LINKS_MAX; i++)
		f->of_link(&p, json_object_array_get_idx(links, i));
}

void metrics_print(FILE *to, const struct json_object *document)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		print_family(to, &families[i], document);
	fputs("# EOF\n", to);
}

void metrics_names(FILE *to)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		fprintf(to, "%s%s %s\n", families[i].name, suffix(families[i].type),
			families[i].labels);
}
