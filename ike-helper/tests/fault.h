/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libcrypto that fails on demand.
 *
 * In the build for tests this is included before each source of crypto/ and auth/ (Makefile). Every
 * function of libcrypto that can fail goes through fault_due(), which fails the call that the test
 * has chosen; what the function would have returned on success is never computed then.
 */
#ifndef ESPUDP_TESTS_FAULT_H
#define ESPUDP_TESTS_FAULT_H

#include <stdbool.h>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#ifndef OPENSSL_NO_ENGINE
#include <openssl/engine.h>
#endif
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/**
 * fault_at() - let a call fail
 * @call: number of the call from now on, from 1; 0 for none
 */
void fault_at(unsigned long call);

/* How many calls there were since fault_at(); and whether the chosen one came. */
unsigned long fault_calls(void);
bool fault_came(void);

/* For the macros below: whether this call is to fail. */
bool fault_due(void);

#define FAULT(call) (fault_due() ? 0 : (call))

#define ASN1_TIME_diff(...) FAULT(ASN1_TIME_diff(__VA_ARGS__))
#define ASN1_TIME_set(...) FAULT(ASN1_TIME_set(__VA_ARGS__))
#define ASN1_TIME_to_tm(...) FAULT(ASN1_TIME_to_tm(__VA_ARGS__))
#define BIO_new(...) FAULT(BIO_new(__VA_ARGS__))
#define BIO_new_mem_buf(...) FAULT(BIO_new_mem_buf(__VA_ARGS__))
#define BIO_read(...) FAULT(BIO_read(__VA_ARGS__))
#define BIO_write(...) FAULT(BIO_write(__VA_ARGS__))
#define BN_CTX_new(...) FAULT(BN_CTX_new(__VA_ARGS__))
#define BN_CTX_secure_new(...) FAULT(BN_CTX_secure_new(__VA_ARGS__))
#define BN_MONT_CTX_new(...) FAULT(BN_MONT_CTX_new(__VA_ARGS__))
#define BN_MONT_CTX_set(...) FAULT(BN_MONT_CTX_set(__VA_ARGS__))
#define BN_add_word(...) FAULT(BN_add_word(__VA_ARGS__))
#define BN_bin2bn(...) FAULT(BN_bin2bn(__VA_ARGS__))
#define BN_bn2binpad(...) FAULT(BN_bn2binpad(__VA_ARGS__))
#define BN_div(...) FAULT(BN_div(__VA_ARGS__))
#define BN_dup(...) FAULT(BN_dup(__VA_ARGS__))
#define BN_mod_exp_mont_consttime(...) FAULT(BN_mod_exp_mont_consttime(__VA_ARGS__))
#define BN_new(...) FAULT(BN_new(__VA_ARGS__))
#define BN_secure_new(...) FAULT(BN_secure_new(__VA_ARGS__))
#define BN_set_bit(...) FAULT(BN_set_bit(__VA_ARGS__))
#define BN_set_word(...) FAULT(BN_set_word(__VA_ARGS__))
#define BN_sub_word(...) FAULT(BN_sub_word(__VA_ARGS__))
#define ECDSA_SIG_new(...) FAULT(ECDSA_SIG_new(__VA_ARGS__))
#define ECDSA_SIG_set0(...) FAULT(ECDSA_SIG_set0(__VA_ARGS__))
#define EC_GROUP_new_by_curve_name(...) FAULT(EC_GROUP_new_by_curve_name(__VA_ARGS__))
#define EC_POINT_get_affine_coordinates(...) FAULT(EC_POINT_get_affine_coordinates(__VA_ARGS__))
#define EC_POINT_is_on_curve(...) FAULT(EC_POINT_is_on_curve(__VA_ARGS__))
#define EC_POINT_mul(...) FAULT(EC_POINT_mul(__VA_ARGS__))
#define EC_POINT_new(...) FAULT(EC_POINT_new(__VA_ARGS__))
#define EC_POINT_oct2point(...) FAULT(EC_POINT_oct2point(__VA_ARGS__))
#define ENGINE_ctrl_cmd_string(...) FAULT(ENGINE_ctrl_cmd_string(__VA_ARGS__))
#define ENGINE_get_first(...) FAULT(ENGINE_get_first(__VA_ARGS__))
#define ENGINE_init(...) FAULT(ENGINE_init(__VA_ARGS__))
#define ENGINE_load_private_key(...) FAULT(ENGINE_load_private_key(__VA_ARGS__))
#define EVP_CIPHER_CTX_ctrl(...) FAULT(EVP_CIPHER_CTX_ctrl(__VA_ARGS__))
#define EVP_CIPHER_CTX_new(...) FAULT(EVP_CIPHER_CTX_new(__VA_ARGS__))
#define EVP_CIPHER_CTX_set_padding(...) FAULT(EVP_CIPHER_CTX_set_padding(__VA_ARGS__))
#define EVP_CIPHER_fetch(...) FAULT(EVP_CIPHER_fetch(__VA_ARGS__))
#define EVP_CipherFinal_ex(...) FAULT(EVP_CipherFinal_ex(__VA_ARGS__))
#define EVP_CipherInit_ex2(...) FAULT(EVP_CipherInit_ex2(__VA_ARGS__))
#define EVP_CipherUpdate(...) FAULT(EVP_CipherUpdate(__VA_ARGS__))
#define EVP_DigestFinal_ex(...) FAULT(EVP_DigestFinal_ex(__VA_ARGS__))
#define EVP_DigestInit_ex2(...) FAULT(EVP_DigestInit_ex2(__VA_ARGS__))
#define EVP_DigestSign(...) FAULT(EVP_DigestSign(__VA_ARGS__))
#define EVP_DigestSignInit_ex(...) FAULT(EVP_DigestSignInit_ex(__VA_ARGS__))
#define EVP_DigestUpdate(...) FAULT(EVP_DigestUpdate(__VA_ARGS__))
#define EVP_DigestVerify(...) FAULT(EVP_DigestVerify(__VA_ARGS__))
#define EVP_DigestVerifyInit_ex(...) FAULT(EVP_DigestVerifyInit_ex(__VA_ARGS__))
#define EVP_KEM_fetch(...) FAULT(EVP_KEM_fetch(__VA_ARGS__))
#define EVP_KEYEXCH_fetch(...) FAULT(EVP_KEYEXCH_fetch(__VA_ARGS__))
#define EVP_MD_CTX_new(...) FAULT(EVP_MD_CTX_new(__VA_ARGS__))
#define EVP_MD_fetch(...) FAULT(EVP_MD_fetch(__VA_ARGS__))
#define EVP_MD_is_a(...) FAULT(EVP_MD_is_a(__VA_ARGS__))
#define EVP_PKEY_CTX_new_from_name(...) FAULT(EVP_PKEY_CTX_new_from_name(__VA_ARGS__))
#define EVP_PKEY_CTX_new_from_pkey(...) FAULT(EVP_PKEY_CTX_new_from_pkey(__VA_ARGS__))
#undef EVP_PKEY_CTX_set_rsa_padding
#define EVP_PKEY_CTX_set_rsa_padding(...) FAULT(EVP_PKEY_CTX_set_rsa_padding(__VA_ARGS__))
#define EVP_PKEY_CTX_set_rsa_pss_saltlen(...) FAULT(EVP_PKEY_CTX_set_rsa_pss_saltlen(__VA_ARGS__))
#define EVP_PKEY_decapsulate(...) FAULT(EVP_PKEY_decapsulate(__VA_ARGS__))
#define EVP_PKEY_decapsulate_init(...) FAULT(EVP_PKEY_decapsulate_init(__VA_ARGS__))
#define EVP_PKEY_derive(...) FAULT(EVP_PKEY_derive(__VA_ARGS__))
#define EVP_PKEY_derive_init(...) FAULT(EVP_PKEY_derive_init(__VA_ARGS__))
#define EVP_PKEY_derive_set_peer_ex(...) FAULT(EVP_PKEY_derive_set_peer_ex(__VA_ARGS__))
#define EVP_PKEY_encapsulate(...) FAULT(EVP_PKEY_encapsulate(__VA_ARGS__))
#define EVP_PKEY_encapsulate_init(...) FAULT(EVP_PKEY_encapsulate_init(__VA_ARGS__))
#define EVP_PKEY_eq(...) FAULT(EVP_PKEY_eq(__VA_ARGS__))
#define EVP_PKEY_fromdata(...) FAULT(EVP_PKEY_fromdata(__VA_ARGS__))
#define EVP_PKEY_fromdata_init(...) FAULT(EVP_PKEY_fromdata_init(__VA_ARGS__))
#define EVP_PKEY_get_bits(...) FAULT(EVP_PKEY_get_bits(__VA_ARGS__))
#define EVP_PKEY_get_bn_param(...) FAULT(EVP_PKEY_get_bn_param(__VA_ARGS__))
#define EVP_PKEY_get_group_name(...) FAULT(EVP_PKEY_get_group_name(__VA_ARGS__))
#define EVP_PKEY_get_octet_string_param(...) FAULT(EVP_PKEY_get_octet_string_param(__VA_ARGS__))
#define EVP_PKEY_get_params(...) FAULT(EVP_PKEY_get_params(__VA_ARGS__))
#define EVP_PKEY_get_raw_public_key(...) FAULT(EVP_PKEY_get_raw_public_key(__VA_ARGS__))
#define EVP_PKEY_get_size(...) FAULT(EVP_PKEY_get_size(__VA_ARGS__))
#define EVP_PKEY_new_raw_private_key_ex(...) FAULT(EVP_PKEY_new_raw_private_key_ex(__VA_ARGS__))
#define EVP_PKEY_new_raw_public_key_ex(...) FAULT(EVP_PKEY_new_raw_public_key_ex(__VA_ARGS__))
#define EVP_PKEY_set1_encoded_public_key(...) FAULT(EVP_PKEY_set1_encoded_public_key(__VA_ARGS__))
#define EVP_PKEY_up_ref(...) FAULT(EVP_PKEY_up_ref(__VA_ARGS__))
#define OBJ_obj2txt(...) FAULT(OBJ_obj2txt(__VA_ARGS__))
#define OCSP_REQUEST_new(...) FAULT(OCSP_REQUEST_new(__VA_ARGS__))
#define OCSP_basic_verify(...) FAULT(OCSP_basic_verify(__VA_ARGS__))
#define OCSP_cert_to_id(...) FAULT(OCSP_cert_to_id(__VA_ARGS__))
#define OCSP_request_add0_id(...) FAULT(OCSP_request_add0_id(__VA_ARGS__))
#define OCSP_resp_find_status(...) FAULT(OCSP_resp_find_status(__VA_ARGS__))
#define OCSP_response_get1_basic(...) FAULT(OCSP_response_get1_basic(__VA_ARGS__))
#define OPENSSL_sk_new_null(...) FAULT(OPENSSL_sk_new_null(__VA_ARGS__))
#define OPENSSL_sk_push(...) FAULT(OPENSSL_sk_push(__VA_ARGS__))
#define OSSL_LIB_CTX_new(...) FAULT(OSSL_LIB_CTX_new(__VA_ARGS__))
#define OSSL_PARAM_get_int(...) FAULT(OSSL_PARAM_get_int(__VA_ARGS__))
#define OSSL_PARAM_get_octet_ptr(...) FAULT(OSSL_PARAM_get_octet_ptr(__VA_ARGS__))
#define OSSL_PARAM_get_utf8_string_ptr(...) FAULT(OSSL_PARAM_get_utf8_string_ptr(__VA_ARGS__))
#define OSSL_PROVIDER_add_builtin(...) FAULT(OSSL_PROVIDER_add_builtin(__VA_ARGS__))
#define OSSL_PROVIDER_load(...) FAULT(OSSL_PROVIDER_load(__VA_ARGS__))
#define OSSL_STORE_INFO_get1_PKEY(...) FAULT(OSSL_STORE_INFO_get1_PKEY(__VA_ARGS__))
#define OSSL_STORE_LOADER_fetch(...) FAULT(OSSL_STORE_LOADER_fetch(__VA_ARGS__))
#define OSSL_STORE_expect(...) FAULT(OSSL_STORE_expect(__VA_ARGS__))
#define OSSL_STORE_load(...) FAULT(OSSL_STORE_load(__VA_ARGS__))
#define OSSL_STORE_open_ex(...) FAULT(OSSL_STORE_open_ex(__VA_ARGS__))
#define PEM_read_bio_PUBKEY(...) FAULT(PEM_read_bio_PUBKEY(__VA_ARGS__))
#define PEM_read_bio_PrivateKey(...) FAULT(PEM_read_bio_PrivateKey(__VA_ARGS__))
#define PEM_read_bio_X509(...) FAULT(PEM_read_bio_X509(__VA_ARGS__))
#define PEM_read_bio_X509_CRL(...) FAULT(PEM_read_bio_X509_CRL(__VA_ARGS__))
#define SSL_CTX_new(...) FAULT(SSL_CTX_new(__VA_ARGS__))
#define SSL_CTX_set_cipher_list(...) FAULT(SSL_CTX_set_cipher_list(__VA_ARGS__))
#define SSL_CTX_set_num_tickets(...) FAULT(SSL_CTX_set_num_tickets(__VA_ARGS__))
#define SSL_CTX_use_PrivateKey(...) FAULT(SSL_CTX_use_PrivateKey(__VA_ARGS__))
#define SSL_CTX_use_certificate(...) FAULT(SSL_CTX_use_certificate(__VA_ARGS__))
#define SSL_do_handshake(...) FAULT(SSL_do_handshake(__VA_ARGS__))
#define SSL_export_keying_material(...) FAULT(SSL_export_keying_material(__VA_ARGS__))
#define SSL_new(...) FAULT(SSL_new(__VA_ARGS__))
#define SSL_write(...) FAULT(SSL_write(__VA_ARGS__))
#define UI_create_method(...) FAULT(UI_create_method(__VA_ARGS__))
#define X509_NAME_add_entry_by_txt(...) FAULT(X509_NAME_add_entry_by_txt(__VA_ARGS__))
#define X509_NAME_new(...) FAULT(X509_NAME_new(__VA_ARGS__))
#define X509_STORE_CTX_init(...) FAULT(X509_STORE_CTX_init(__VA_ARGS__))
#define X509_STORE_CTX_new(...) FAULT(X509_STORE_CTX_new(__VA_ARGS__))
#define X509_STORE_add_cert(...) FAULT(X509_STORE_add_cert(__VA_ARGS__))
#define X509_STORE_new(...) FAULT(X509_STORE_new(__VA_ARGS__))
#define X509_VERIFY_PARAM_set_flags(...) FAULT(X509_VERIFY_PARAM_set_flags(__VA_ARGS__))
#define X509_VERIFY_PARAM_set_time(...) FAULT(X509_VERIFY_PARAM_set_time(__VA_ARGS__))
#define X509_get0_pubkey(...) FAULT(X509_get0_pubkey(__VA_ARGS__))
#define X509_get_X509_PUBKEY(...) FAULT(X509_get_X509_PUBKEY(__VA_ARGS__))
#define X509_get_ext_d2i(...) FAULT(X509_get_ext_d2i(__VA_ARGS__))
#define X509_up_ref(...) FAULT(X509_up_ref(__VA_ARGS__))
#define X509_verify_cert(...) FAULT(X509_verify_cert(__VA_ARGS__))
#define d2i_ECDSA_SIG(...) FAULT(d2i_ECDSA_SIG(__VA_ARGS__))
#define d2i_OCSP_RESPONSE(...) FAULT(d2i_OCSP_RESPONSE(__VA_ARGS__))
#define d2i_PUBKEY(...) FAULT(d2i_PUBKEY(__VA_ARGS__))
#define d2i_X509(...) FAULT(d2i_X509(__VA_ARGS__))
#define d2i_X509_CRL(...) FAULT(d2i_X509_CRL(__VA_ARGS__))
#define d2i_X509_NAME(...) FAULT(d2i_X509_NAME(__VA_ARGS__))
#define i2d_ECDSA_SIG(...) FAULT(i2d_ECDSA_SIG(__VA_ARGS__))
#define i2d_OCSP_REQUEST(...) FAULT(i2d_OCSP_REQUEST(__VA_ARGS__))
#define i2d_PUBKEY(...) FAULT(i2d_PUBKEY(__VA_ARGS__))
#define i2d_X509(...) FAULT(i2d_X509(__VA_ARGS__))
#define i2d_X509_NAME(...) FAULT(i2d_X509_NAME(__VA_ARGS__))
#define i2d_X509_PUBKEY(...) FAULT(i2d_X509_PUBKEY(__VA_ARGS__))

#endif
