// SPDX-License-Identifier: GPL-2.0
#include "engine/advice.h"

#include <string.h>

const struct advice advices[] = {
	{ "no-answer", "does not answer (IKE_SA_INIT)",
	  "see that the peer runs, that Endpoint is its address, and that no firewall drops UDP port 500" },
	{ "no-answer-4500", "does not answer (IKE_AUTH)",
	  "open UDP port 4500 on the way; if that is open, long packets get lost: FragmentSize = 576" },
	{ "eap-password", "wrong password of user", "the user's password is not the one in Users" },
	{ "eap-user", "there is no user", "add the user to Users, or see what name the client sends" },
	{ "eap-refused", "error 691", "see User and Password, and the peer's users" },
	{ "eap-method", "not among our methods", "give both ends a common method of EAP" },
	{ "eap-name", "is not whom the policy lets in", "RemoteID must be the name that EAP proves" },
	{ "gave-up", "did not go on after IKE_SA_INIT",
	  "the log of the peer says why; or UDP port 4500 is blocked on the way" },
	{ "psk", "does not fit our pre-shared key",
	  "give both ends the same PSK (espudp genpsk makes one)" },
	{ "certificate-expired", "it has expired: until",
	  "renew the certificate; if it is still valid, set the clock" },
	{ "certificate-early", "it is not yet valid: from",
	  "set the clock of this machine, or that of who issued the certificate" },
	{ "revocation-unknown", "whether it is revoked is not known",
	  "see that the servers of its list or OCSP can be reached, or give CRL, or Revocation = soft" },
	{ "certificate-revoked", "revoked", "give the peer another certificate" },
	{ "certificate-issuer", "no anchor of ours",
	  "put the certificate of the peer's CA into CA, and let the peer send those between" },
	{ "certificate", "certificate 0", "see espudp.conf(5), AUTHENTICATION, for what it must have" },
	{ "certificate-identity", "its identity is not in its certificate",
	  "RemoteID here, and LocalID at the peer, must be a name that the peer's certificate has" },
	{ "identity", "no policy is for it, or not with the identity",
	  "RemoteID of one end must be LocalID of the other, at both ends" },
	{ "auth-peer", "answers AUTHENTICATION_FAILED to IKE_AUTH",
	  "compare PSK or certificates, LocalID and RemoteID with those of the peer; its log says which" },
	{ "auth", "failed to authenticate",
	  "compare PSK or certificates, LocalID and RemoteID with those of the peer" },
	{ "signature", "our signature could not be made",
	  "see that the token or TPM that has our PrivateKey is there, and signs" },
	{ "ppk", "PPK", "give both ends the same PPK and PPKID, or write PPKRequired = no" },
	{ "proposal-ike-peer", "answers NO_PROPOSAL_CHOSEN to IKE_SA_INIT",
	  "give both ends a common choice of IKE; or the peer has no configuration for our address" },
	{ "proposal-ike", "no common IKE proposal", "give both ends a common choice of IKE" },
	{ "proposal-esp-peer", "refused the child SA: NO_PROPOSAL_CHOSEN",
	  "give both ends a common choice of ESP" },
	{ "proposal-esp", "no common ESP proposal", "give both ends a common choice of ESP" },
	{ "selectors-peer", "refused the child SA: TS_UNACCEPTABLE",
	  "AllowedIPs and LocalIPs must overlap with what the peer has, seen from the other side" },
	{ "selectors-own", "are not within ours",
	  "AllowedIPs and LocalIPs must have all of what the peer has, seen from the other side" },
	{ "selectors", "no common traffic selectors",
	  "AllowedIPs and LocalIPs must overlap with what the peer has, seen from the other side" },
	{ "address-unknown", "no policy is for this address",
	  "if that is the peer, write its address as Endpoint, or leave Endpoint out" },
	{ "nat-traversal", "does not know NAT traversal", "let the peer do NAT traversal (RFC 7296 2.23)" },
	{ "pool", "the pool", "give Pool a larger prefix, or the family that the peer asks for" },
	{ "port-closed", "the port is closed", "start the IKE daemon of the peer, or name its port" },
	{ "resolve", "cannot resolve", "see that the name in Endpoint is right, and that DNS works" },
	{ "route", "no address of ours leads to", "see that there is a route to the peer (ip route get)" },
	{ "kernel", "the kernel did not take", "see dmesg, and that the module is of the same version" },
	{ "other", "", "the log of the peer may say more" },
};

const size_t n_advices = sizeof(advices) / sizeof(advices[0]);
_Static_assert(sizeof(advices) / sizeof(advices[0]) <= ADVICE_MAX, "each can be counted");

const struct advice *advice_for(const char *text)
{
	size_t i;

	for (i = 0; i < n_advices - 1; i++)
		if (strstr(text, advices[i].part))
			break;
	return &advices[i];
}
