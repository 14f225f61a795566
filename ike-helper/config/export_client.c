// SPDX-License-Identifier: GPL-2.0
/* A script for Windows and a profile for Apple's systems. */
#include <string.h>

#include "config/export.h"
#include "config/export_names.h"
#include "wire/numbers.h"

/* What -EncryptionMethod and -CipherTransformConstants take; the latter has 192 bits of GCM as well. */
static const struct export_name windows_ike[] = {
	{ TRANSFORM_ENCR, ENCR_AES_GCM_16, 256, "GCMAES256" },
	{ TRANSFORM_ENCR, ENCR_AES_GCM_16, 128, "GCMAES128" },
	{ TRANSFORM_ENCR, ENCR_AES_CBC, 256, "AES256" },
	{ TRANSFORM_ENCR, ENCR_AES_CBC, 192, "AES192" },
	{ TRANSFORM_ENCR, ENCR_AES_CBC, 128, "AES128" },
	{ TRANSFORM_PRF, PRF_HMAC_SHA2_256, 0, "SHA256" },
	{ TRANSFORM_PRF, PRF_HMAC_SHA2_384, 0, "SHA384" },
	{ TRANSFORM_KE, KE_ECP_384, 0, "ECP384" },
	{ TRANSFORM_KE, KE_ECP_256, 0, "ECP256" },
	{ TRANSFORM_KE, KE_MODP_2048, 0, "Group14" },
	{ 0 }
};

static const struct export_name windows_esp[] = {
	{ TRANSFORM_ENCR, ENCR_AES_GCM_16, 256, "GCMAES256" },
	{ TRANSFORM_ENCR, ENCR_AES_GCM_16, 192, "GCMAES192" },
	{ TRANSFORM_ENCR, ENCR_AES_GCM_16, 128, "GCMAES128" },
	{ TRANSFORM_ENCR, ENCR_AES_CBC, 256, "AES256" },
	{ TRANSFORM_ENCR, ENCR_AES_CBC, 192, "AES192" },
	{ TRANSFORM_ENCR, ENCR_AES_CBC, 128, "AES128" },
	{ TRANSFORM_INTEG, INTEG_HMAC_SHA2_256_128, 0, "SHA256128" },
	{ TRANSFORM_KE, KE_ECP_384, 0, "ECP384" },
	{ TRANSFORM_KE, KE_ECP_256, 0, "ECP256" },
	{ TRANSFORM_KE, KE_MODP_2048, 0, "PFS2048" },
	{ 0 }
};

static const struct export_name apple[] = {
	{ TRANSFORM_ENCR, ENCR_AES_GCM_16, 256, "AES-256-GCM" },
	{ TRANSFORM_ENCR, ENCR_AES_GCM_16, 128, "AES-128-GCM" },
	{ TRANSFORM_ENCR, ENCR_CHACHA20_POLY1305, 0, "ChaCha20Poly1305" },
	{ TRANSFORM_ENCR, ENCR_AES_CBC, 256, "AES-256" },
	{ TRANSFORM_ENCR, ENCR_AES_CBC, 128, "AES-128" },
	{ TRANSFORM_INTEG, INTEG_HMAC_SHA2_256_128, 0, "SHA2-256" },
	{ TRANSFORM_INTEG, INTEG_HMAC_SHA2_384_192, 0, "SHA2-384" },
	{ TRANSFORM_INTEG, INTEG_HMAC_SHA2_512_256, 0, "SHA2-512" },
	{ TRANSFORM_PRF, PRF_HMAC_SHA2_256, 0, "SHA2-256" },
	{ TRANSFORM_PRF, PRF_HMAC_SHA2_384, 0, "SHA2-384" },
	{ TRANSFORM_PRF, PRF_HMAC_SHA2_512, 0, "SHA2-512" },
	{ TRANSFORM_KE, KE_MODP_2048, 0, "14" },
	{ TRANSFORM_KE, KE_MODP_3072, 0, "15" },
	{ TRANSFORM_KE, KE_MODP_4096, 0, "16" },
	{ TRANSFORM_KE, KE_ECP_256, 0, "19" },
	{ TRANSFORM_KE, KE_ECP_384, 0, "20" },
	{ TRANSFORM_KE, KE_ECP_521, 0, "21" },
	{ TRANSFORM_KE, KE_X25519, 0, "31" },
	{ 0 }
};

static bool lacks(char why[EXPORT_WHY_MAX], const char *title, const char *of)
{
	snprintf(why, EXPORT_WHY_MAX, "%s has none of the algorithms of %s", title, of);
	return false;
}

/*
 * PowerShell takes a file for one in the machine's code page, and typographic quotes for quotes, so that letters that are
 * not ASCII's are for no name in it.
 */
static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

/* PowerShell's quotes: nothing in them but a quote needs care. */
static void quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++)
		fprintf(out, *text == '\'' ? "''" : "%c", *text);
	fputc('\'', out);
}

static void windows_add(const struct mirror *m)
{
	fprintf(m->out, "$name = ");
	quoted(m->out, m->c->name);
	fprintf(m->out, "\nAdd-VpnConnection -Name $name -ServerAddress ");
	quoted(m->out, m->at);
	fprintf(m->out, " -TunnelType Ikev2 -EncryptionLevel Maximum `\n    -AuthenticationMethod %s%s -Force\n",
		m->proof == EXPORT_CERTIFICATE ? "MachineCertificate" : "Eap",
		export_everything(&m->remote) ? "" : " -SplitTunneling");
	if (m->proof == EXPORT_EAP_TLS)
		fprintf(m->out, "Set-VpnConnection -Name $name -EapConfigXmlStream "
			"`\n    (New-EapConfiguration -Tls -UserCertificate -VerifyServerIdentity).EapConfigXmlStream -Force\n");
}

bool export_windows(const struct mirror *m, char why[EXPORT_WHY_MAX])
{
	struct offer ike, esp;
	const char *encr, *prf, *ke, *cipher, *integ, *pfs;
	char prefix[PREFIX_TEXT_SIZE];

	if (!is_ascii(m->c->name) || !is_ascii(m->at)) {
		snprintf(why, EXPORT_WHY_MAX, "a script for Windows has names in ASCII only, and '%s' is not",
			 is_ascii(m->at) ? m->c->name : m->at);
		return false;
	}
	export_offer(&ike, m->c, true);
	export_offer(&esp, m->c, false);
	encr = export_first(windows_ike, &ike, TRANSFORM_ENCR);
	prf = export_first(windows_ike, &ike, TRANSFORM_PRF);
	ke = export_first(windows_ike, &ike, TRANSFORM_KE);
	cipher = export_first(windows_esp, &esp, TRANSFORM_ENCR);
	integ = cipher && !strncmp(cipher, "GCM", 3) ? cipher : export_first(windows_esp, &esp, TRANSFORM_INTEG);
	pfs = export_first(windows_esp, &esp, TRANSFORM_KE);
	if (!encr || !prf || !ke)
		return lacks(why, "Windows", "IKE");
	if (!cipher || !integ || (m->c->pfs == ENGINE_PFS_REQUIRED && !pfs))
		return lacks(why, "Windows", "ESP");
	fprintf(m->out, "# PowerShell, for clients of %s\n", m->c->name);
	if (m->our_id[0] && strcmp(m->our_id, m->at))
		fprintf(m->out, "# Windows wants %s in our certificate as a name.\n", m->at);
	windows_add(m);
	fprintf(m->out, "Set-VpnConnectionIPsecConfiguration -ConnectionName $name `\n"
		"    -EncryptionMethod %s -IntegrityCheckMethod %s -DHGroup %s `\n"
		"    -CipherTransformConstants %s -AuthenticationTransformConstants %s -PfsGroup %s -Force\n",
		encr, prf, ke, cipher, integ, pfs ? pfs : "None");
	for (size_t i = 0; i < m->remote.count && !export_everything(&m->remote); i++)
		fprintf(m->out, "Add-VpnConnectionRoute -ConnectionName $name -DestinationPrefix '%s'\n",
			prefix_print(prefix, &m->remote.list[i]));
	return true;
}

static void xml(const struct mirror *m, const char *key, const char *value)
{
	if (!*value)
		return;
	fprintf(m->out, "<key>%s</key><string>", key);
	for (; *value; value++)
		if (strchr("<>&\"'", *value))
			fprintf(m->out, "&#%d;", *value);
		else
			fputc(*value, m->out);
	fprintf(m->out, "</string>\n");
}

static void xml_number(const struct mirror *m, const char *key, uint32_t value)
{
	fprintf(m->out, "<key>%s</key><integer>%u</integer>\n", key, value);
}

static void apple_parameters(const struct mirror *m, const char *name, const char *const names[3], uint32_t seconds)
{
	fprintf(m->out, "<key>%s</key>\n<dict>\n", name);
	xml(m, "EncryptionAlgorithm", names[0]);
	if (names[1])
		xml(m, "IntegrityAlgorithm", names[1]);
	if (names[2])
		fprintf(m->out, "<key>DiffieHellmanGroup</key><integer>%s</integer>\n", names[2]);
	/* It takes 10 minutes to a day. */
	if (seconds)
		xml_number(m, "LifeTimeInMinutes", seconds < 600 ? 10 : seconds > 86400 ? 1440 : seconds / 60);
	fprintf(m->out, "</dict>\n");
}

static void apple_proof(const struct mirror *m)
{
	char text[EXPORT_SECRET_SIZE];
	bool eap = m->proof == EXPORT_EAP_TLS || m->proof == EXPORT_EAP_PASSWORD;

	xml(m, "AuthenticationMethod", m->proof == EXPORT_PSK ? "SharedSecret" : m->proof == EXPORT_EAP_PASSWORD ?
	    "None" : "Certificate");
	if (m->proof == EXPORT_PSK && m->secret)
		xml(m, "SharedSecret", export_secret(m, text));
	if (eap)
		xml_number(m, "ExtendedAuthEnabled", 1);
	if (m->proof == EXPORT_CERTIFICATE || m->proof == EXPORT_EAP_TLS)
		fprintf(m->out, "<!-- PayloadCertificateUUID: that of the payload with the client's certificate -->\n");
	explicit_bzero(text, sizeof(text));
}

static void apple_payload(const struct mirror *m, const char *const ike[3], const char *const esp[3])
{
	char uuid[37];

	fprintf(m->out, "<dict>\n");
	xml(m, "PayloadType", "com.apple.vpn.managed");
	fprintf(m->out, "<key>PayloadIdentifier</key><string>espudp.%s.vpn</string>\n", m->c->name);
	xml(m, "PayloadUUID", export_uuid(m, "apple-vpn", uuid));
	xml_number(m, "PayloadVersion", 1);
	xml(m, "UserDefinedName", m->c->name);
	xml(m, "VPNType", "IKEv2");
	fprintf(m->out, "<key>IKEv2</key>\n<dict>\n");
	xml(m, "RemoteAddress", m->at);
	xml(m, "RemoteIdentifier", m->our_id[0] ? m->our_id : m->at);
	xml(m, "LocalIdentifier", m->peer_id);
	apple_proof(m);
	apple_parameters(m, "IKESecurityAssociationParameters", ike, m->c->ike_lifetime);
	apple_parameters(m, "ChildSecurityAssociationParameters", esp, m->c->child_lifetime);
	xml_number(m, "EnablePFS", m->c->pfs != ENGINE_PFS_OFF);
	xml_number(m, "DisableMOBIKE", !m->c->mobike);
	xml(m, "DeadPeerDetectionRate", "Medium");
	fprintf(m->out, "</dict>\n</dict>\n");
}

/* An AEAD has no integrity algorithm; for IKE it names the PRF, too. */
static void apple_names(const struct offer *offer, bool ike, const char *names[3])
{
	names[0] = export_first(apple, offer, TRANSFORM_ENCR);
	names[1] = export_first(apple, offer, ike ? TRANSFORM_PRF : TRANSFORM_INTEG);
	names[2] = export_first(apple, offer, TRANSFORM_KE);
}

bool export_apple(const struct mirror *m, char why[EXPORT_WHY_MAX])
{
	const char *ike[3], *esp[3];
	struct offer offer;
	char uuid[37];

	export_offer(&offer, m->c, true);
	apple_names(&offer, true, ike);
	export_offer(&offer, m->c, false);
	apple_names(&offer, false, esp);
	if (!ike[0] || !ike[1] || !ike[2])
		return lacks(why, "Apple", "IKE");
	if (!esp[0] || (m->c->pfs == ENGINE_PFS_REQUIRED && !esp[2]))
		return lacks(why, "Apple", "ESP");
	fprintf(m->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
		"<plist version=\"1.0\">\n<dict>\n<key>PayloadContent</key>\n<array>\n");
	apple_payload(m, ike, esp);
	fprintf(m->out, "</array>\n");
	xml(m, "PayloadDisplayName", m->c->name);
	fprintf(m->out, "<key>PayloadIdentifier</key><string>espudp.%s</string>\n", m->c->name);
	xml(m, "PayloadType", "Configuration");
	xml(m, "PayloadUUID", export_uuid(m, "apple", uuid));
	xml_number(m, "PayloadVersion", 1);
	fprintf(m->out, "</dict>\n</plist>\n");
	return true;
}
