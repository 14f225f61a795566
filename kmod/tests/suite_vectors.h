/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ESP packets of every suite, to be sealed and opened again
 *
 * Those of an RFC or draft were typed from it; those called OpenSSL were sealed by that library, with
 * random keys. They are hexadecimal: all key material of the SA, IV, plaintext with its trailer, and
 * ciphertext with its ICV.
 */
#ifndef ESPUDP_SUITE_VECTORS_H
#define ESPUDP_SUITE_VECTORS_H

#include <linux/espudp.h>

struct suite_vector {
	const char	*source;
	unsigned int	suite;
	bool		esn;
	u32		spi;
	u64		seq;
	const char	*key;
	const char	*iv;
	const char	*text;
	const char	*sealed;
};

static const struct suite_vector suite_vectors[] = {
	{
		.source = "RFC 7634, appendix A",
		.suite = ESPUDP_SUITE_CHACHA20_POLY1305,
		.spi = 0x01020304,
		.seq = 0x5,
		.key = "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3",
		.iv = "1011121314151617",
		.text = "45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec1000073627"
			"08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b"
			"2c2d2e2f303132333435363701020204",
		.sealed = "24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c614ee8099"
			"d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3cbec163fac469b50"
			"2773f6fb94e664da9165b82829f641e076aaa8266b7fb0f7b11b369907e1ad43",
	},
	{
		.source = "draft-mcgrew-gcm-test-01",
		.suite = ESPUDP_SUITE_AES_GCM_16_128,
		.esn = true,
		.spi = 0x00004321,
		.seq = 0x8765432100000000,
		.key = "4c80cdefbb5d10da906ac73c3613a6342e443b68",
		.iv = "4956ed7e3b244cfe",
		.text = "45000048699a000080114db7c0a80102c0a801010a9bf15638d301000001000000000000"
			"045f736970045f756470037369700963796265726369747902646b000021000101020201",
		.sealed = "fecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34cfa2436f"
			"14a3f3cf65925bf1f4a13c5d15b21e1884f5ff6247aeabb786b93bce61bc17d768fd9732"
			"459018148f6cbe722fd04796562dfdb4",
	},
	{
		.source = "the same, its ICV cut",
		.suite = ESPUDP_SUITE_AES_GCM_12_128,
		.esn = true,
		.spi = 0x00004321,
		.seq = 0x8765432100000000,
		.key = "4c80cdefbb5d10da906ac73c3613a6342e443b68",
		.iv = "4956ed7e3b244cfe",
		.text = "45000048699a000080114db7c0a80102c0a801010a9bf15638d301000001000000000000"
			"045f736970045f756470037369700963796265726369747902646b000021000101020201",
		.sealed = "fecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34cfa2436f"
			"14a3f3cf65925bf1f4a13c5d15b21e1884f5ff6247aeabb786b93bce61bc17d768fd9732"
			"459018148f6cbe722fd04796",
	},
	{
		.source = "the same, its ICV cut",
		.suite = ESPUDP_SUITE_AES_GCM_8_128,
		.esn = true,
		.spi = 0x00004321,
		.seq = 0x8765432100000000,
		.key = "4c80cdefbb5d10da906ac73c3613a6342e443b68",
		.iv = "4956ed7e3b244cfe",
		.text = "45000048699a000080114db7c0a80102c0a801010a9bf15638d301000001000000000000"
			"045f736970045f756470037369700963796265726369747902646b000021000101020201",
		.sealed = "fecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34cfa2436f"
			"14a3f3cf65925bf1f4a13c5d15b21e1884f5ff6247aeabb786b93bce61bc17d768fd9732"
			"459018148f6cbe72",
	},
	{
		.source = "RFC 3602, case 5, with an ICV of RFC 4868",
		.suite = ESPUDP_SUITE_AES_CBC_128_SHA256,
		.spi = 0x00004321,
		.seq = 0x1,
		.key = "90d382b410eeba7ad938c46cec1a82bf0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
			"0b0b0b0b0b0b0b0b0b0b0b0b",
		.iv = "e96e8c08ab465763fd098d45dd3ff893",
		.text = "08000ebda70a00008e9c083db95b070008090a0b0c0d0e0f101112131415161718191a1b"
			"1c1d1e1f202122232425262728292a2b2c2d2e2f30313233343536370102030405060708"
			"090a0b0c0d0e0e01",
		.sealed = "f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4898dc856a4699e52"
			"3a55db080b59ec3a8e4b7e52775b07d1db34ed9c538ab50c551b874aa269add047ad2d59"
			"13ac19b7cfbad4a61731896e10aaf60f5e4bd414d67e268d",
	},
	{
		.source = "RFC 3602, case 5, with an ICV of RFC 4868",
		.suite = ESPUDP_SUITE_AES_CBC_128_SHA384,
		.spi = 0x00004321,
		.seq = 0x1,
		.key = "90d382b410eeba7ad938c46cec1a82bf0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
			"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
		.iv = "e96e8c08ab465763fd098d45dd3ff893",
		.text = "08000ebda70a00008e9c083db95b070008090a0b0c0d0e0f101112131415161718191a1b"
			"1c1d1e1f202122232425262728292a2b2c2d2e2f30313233343536370102030405060708"
			"090a0b0c0d0e0e01",
		.sealed = "f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4898dc856a4699e52"
			"3a55db080b59ec3a8e4b7e52775b07d1db34ed9c538ab50c551b874aa269add047ad2d59"
			"13ac19b7cfbad4a61e29242b0b522b1e541368f4e3b8c573d96878d673404a60",
	},
	{
		.source = "RFC 3602, case 5, with an ICV of RFC 4868",
		.suite = ESPUDP_SUITE_AES_CBC_128_SHA512,
		.spi = 0x00004321,
		.seq = 0x1,
		.key = "90d382b410eeba7ad938c46cec1a82bf0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
			"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
			"0b0b0b0b0b0b0b0b",
		.iv = "e96e8c08ab465763fd098d45dd3ff893",
		.text = "08000ebda70a00008e9c083db95b070008090a0b0c0d0e0f101112131415161718191a1b"
			"1c1d1e1f202122232425262728292a2b2c2d2e2f30313233343536370102030405060708"
			"090a0b0c0d0e0e01",
		.sealed = "f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4898dc856a4699e52"
			"3a55db080b59ec3a8e4b7e52775b07d1db34ed9c538ab50c551b874aa269add047ad2d59"
			"13ac19b7cfbad4a632c14ae80f6c383967b825c2e73a3d07c86f965bf52f52179292f014"
			"c92d7ad7",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_GCM_16_128,
		.esn = true,
		.spi = 0xc0ffee01,
		.seq = 0x7fffffff0,
		.key = "feef65cfe95d1b9f0038072cbcc47c51d7ae0189",
		.iv = "00000007fffffff0",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "5b732da03986d1161c78b0553d3ef18a449faaf9262f87d68441175ad747c087dad5841b"
			"7ed6315e1552900a8dfa7cfb",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_GCM_16_192,
		.spi = 0xc0ffee01,
		.seq = 0xfffffffe,
		.key = "b1445c714871b66585263545210a261706a4ae2069c38b8616eb256c",
		.iv = "00000000fffffffe",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "f9d2600991d22bb809f2e0e261e3f40aca89592d79607465080508c00686435ba12181f1"
			"89e369933d6f24bf7a9fc9eb",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_GCM_16_256,
		.esn = true,
		.spi = 0xc0ffee01,
		.seq = 0x7fffffff0,
		.key = "9c74100834ee95bf56cff8f3904d61f49efa585f0e95162aa77fd810d81024aa2db7cec6",
		.iv = "00000007fffffff0",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "0b680bc9c027b22af75f291ab6b9f4daaf5bc0cfbf7d04168c0ca0a79a9879b61d23db95"
			"fc461f133d64dc356933cfd9",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_GCM_12_128,
		.spi = 0xc0ffee01,
		.seq = 0xfffffffe,
		.key = "8b0172ce395ebcd8028727ccf4689a458bf0e7e6",
		.iv = "00000000fffffffe",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "9c890baa1bbe6d1f815ffbfa69842ea0f7eaa882caa9cf83799097556626293f0bf3112e"
			"d593b5ad1234cbc9",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_GCM_12_192,
		.esn = true,
		.spi = 0xc0ffee01,
		.seq = 0x7fffffff0,
		.key = "61c1eabe0913edf56a0f00f98d5223a1b967639d9035dd475e4a2a38",
		.iv = "00000007fffffff0",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "9c8506c3e61b07bf23d14c1d392052df8761fca5f653a0552c2e9b345cc59dc98c3e636c"
			"f7225ca405c026df",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_GCM_12_256,
		.spi = 0xc0ffee01,
		.seq = 0xfffffffe,
		.key = "5ee63e7dbb566e66651f5838e0b1677b8125e3461eb8db3c3d30034df059c3d731242deb",
		.iv = "00000000fffffffe",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "a7b563faed5989a44fdb0e559ccff606135e2734608f9401030ca10110cd61e5abd5e1f7"
			"a30f9e84ab2bd6ee",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_GCM_8_128,
		.esn = true,
		.spi = 0xc0ffee01,
		.seq = 0x7fffffff0,
		.key = "9bd51389ddbfe6f33534fc23a920e55d866ae005",
		.iv = "00000007fffffff0",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "7d935841d0ca19e8cdbd04d263a1a6c2b90443bcebf87b301992b6b6a1963390fa8e2efe"
			"2a1381f0",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_GCM_8_192,
		.spi = 0xc0ffee01,
		.seq = 0xfffffffe,
		.key = "718ef2a4c5a6402e16e2e4bd0e1c8867ac2b89620c72b4ba0a7c6dfe",
		.iv = "00000000fffffffe",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "57033e2d79d39a9a477ceaaeb828612fd6b86f633ce036daeb4ca3269fd912046f9e3cc2"
			"435f374d",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_GCM_8_256,
		.esn = true,
		.spi = 0xc0ffee01,
		.seq = 0x7fffffff0,
		.key = "e612dc18ccc811a67b7f8a4db2e82f40ccf36cd2b2893a52e7aef10fdc52da9d282e75af",
		.iv = "00000007fffffff0",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "796b39128fb1c76a0682035a70019f99799af67b61c119619f40fc8c2f8977f6900db89f"
			"4f56889d",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CCM_16_128,
		.spi = 0xc0ffee01,
		.seq = 0xfffffffe,
		.key = "6aa6bd9ba99e104e851f531328546b6f38e559",
		.iv = "00000000fffffffe",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "205164be41846117c5087ddd5f056ef28bba04e4c560daf33718d6a5e4fae896245d7933"
			"dff05190ef1ab33933f95930",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CCM_16_192,
		.esn = true,
		.spi = 0xc0ffee01,
		.seq = 0x7fffffff0,
		.key = "f1105c17e23e7ce3d31b21d05cc636367af7d9913491b0d319d5f0",
		.iv = "00000007fffffff0",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "6aed5ae46c05d4d2443d473270e8909bcf9d239a9bf1100131af2d6e68515f050b5612a2"
			"c7920155b15526813b8d9071",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CCM_16_256,
		.spi = 0xc0ffee01,
		.seq = 0xfffffffe,
		.key = "aa6b7f10c6c8046b05973b5c32ae5768539cbae960b555a21f738a45cefca3d8d8f491",
		.iv = "00000000fffffffe",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "bdf19d061ea69b6522af2e22aa20da0d87bc97398b08c588d9cd5dd917f0fdda8a34b14e"
			"ea00abd317b46f9d5636feb8",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CCM_12_128,
		.esn = true,
		.spi = 0xc0ffee01,
		.seq = 0x7fffffff0,
		.key = "6dca95b9f03cac2f15970dbc07b495ac19a978",
		.iv = "00000007fffffff0",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "1dbc3fc11e6aee9323384e477f6f803858812d572dd52083c49cbb5c283d5b29efad71f2"
			"3e3e0e240080ffc3",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CCM_12_192,
		.spi = 0xc0ffee01,
		.seq = 0xfffffffe,
		.key = "2ad508b6320747b1ad5a561b9e96e3c0e88e737e38d1b84db1d8bf",
		.iv = "00000000fffffffe",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "688453bd72039a2490a252cff25b9758c90a0fbf80ab212fe94767a91bfc3463b79d8264"
			"3157cf8c8fe73281",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CCM_12_256,
		.esn = true,
		.spi = 0xc0ffee01,
		.seq = 0x7fffffff0,
		.key = "dba8ca4356fa68aae3d335bf0567c76c62d2bb16a27e209b0a1dbf3056420e844fc926",
		.iv = "00000007fffffff0",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "6c25f2db1077eb4eefae39ebde742f1adba7e133bce6c83a5083030f4c7d6d70331a4622"
			"6906f6cdec04ff01",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CCM_8_128,
		.spi = 0xc0ffee01,
		.seq = 0xfffffffe,
		.key = "62769ac3fcc177101aca2422d9aa97abecbdbe",
		.iv = "00000000fffffffe",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "b89d058cbc6acaef22c7f3a17cb39c101ca54e8397c14c1113962d3d72590968809e833a"
			"ebce11ac",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CCM_8_192,
		.esn = true,
		.spi = 0xc0ffee01,
		.seq = 0x7fffffff0,
		.key = "6e2b4ca96c817e40e81118ddc98ea99513195d417abd06e1ba7123",
		.iv = "00000007fffffff0",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "05e4f793e8d3fb5d9dc059ad85fdc121b28d468f10c89e678c045d3a3c48910cad1ea1aa"
			"eaebef93",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CCM_8_256,
		.spi = 0xc0ffee01,
		.seq = 0xfffffffe,
		.key = "46d5cb5ec6a381fa0be27db8941ccb3919cc63aab15abb4bd77368b3aaadbd2ad0afd5",
		.iv = "00000000fffffffe",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "4e0693cf0e2eae8b4598e9eb934d4b55b06e51afc8bdd17d7bafb6e34c0e996423c2ea52"
			"dfa7f478",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CBC_128_SHA256,
		.esn = true,
		.spi = 0xc0ffee02,
		.seq = 0x7fffffff0,
		.key = "9ea0e73b5be9ed24a5d9795a35a5893e30010cbed102cb12905e33069bb5b89d65d556fe"
			"f7841e6217128a7ad15a7049",
		.iv = "2bdeb1ad5fe88d49b16723f1d41c54c1",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "c4d8c0e5078b387011b0ffff2b393a732667b8695e879b64c9ac18a8302668499ae392fb"
			"c504208e19f55b91bc5487fe",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CBC_128_SHA384,
		.esn = true,
		.spi = 0xc0ffee02,
		.seq = 0x7fffffff0,
		.key = "f75f9d5eb87b7c156e2d4fd7e208045e17afadf892f649f8cb742073b55158b515c9b8e7"
			"1a349516e95cfe6f15d9531e9cd58d9d7b780b20703b9869a2695f98",
		.iv = "5292506a34efcf833ec121554c9f4739",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "d0675ac215706a93c22f80fe2bf5df147e85f429630edd7270f11e8640a61a9fcfca6ef5"
			"3ba55007520caf10ea552d394306dfe478e5d357",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CBC_128_SHA512,
		.esn = true,
		.spi = 0xc0ffee02,
		.seq = 0x7fffffff0,
		.key = "b92dd48fbe5815889201e66ce5d1f7be734ac18472cf8e840d4500f97ca5001de63a20f0"
			"9d4bc1be446919e7c7ec676f229bd3c0bc58f54cf942d9d21f5a0ab9d27e703a847681f2"
			"428997321beeab6d",
		.iv = "e1cb0c5780234e74a4f4d1d3d02b66f9",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "3ae452efc2fd9bd84acbf9b320bc21c12b14bac9b8fbf89bcad76773d9cecd74c588dfa2"
			"99001155be5c3c5320f2b2f65a796e96fc4f69dd70ef86620082e0db",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CBC_192_SHA256,
		.esn = true,
		.spi = 0xc0ffee02,
		.seq = 0x7fffffff0,
		.key = "a836d2514c01d1e17fb61c9fc665db7f779d56343119f26dd97ab73871d6224720d9b505"
			"ed79d60c3a6a3dfb284ceb182399838fe00258c1",
		.iv = "15b58b4b474159cf37bae6128ecf48a4",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "17c565f556f68837fdd8fe7555e3a0d4e6be69889e2725f5a6c3d46e8810f639d51052a2"
			"44d81d374fae9a49ef1e00d8",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CBC_192_SHA256,
		.spi = 0xc0ffee02,
		.seq = 0x4d,
		.key = "a836d2514c01d1e17fb61c9fc665db7f779d56343119f26dd97ab73871d6224720d9b505"
			"ed79d60c3a6a3dfb284ceb182399838fe00258c1",
		.iv = "15b58b4b474159cf37bae6128ecf48a4",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "17c565f556f68837fdd8fe7555e3a0d4e6be69889e2725f5a6c3d46e8810f639087a9ca7"
			"b4b364539b2e8698fc685c05",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CBC_192_SHA384,
		.esn = true,
		.spi = 0xc0ffee02,
		.seq = 0x7fffffff0,
		.key = "a639cc2bd81c0c2f3ab282a911d25553f2cef678716faf382cf1328d8b679a78ea7e4519"
			"7f22ca2f2ef31c76dcfabf6eda06cf955d8197d58c08c5aedb4ea8c1784e77ff31aa01ad",
		.iv = "ac8398cc7d7e860a2dee7eb03c7ca868",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "1d2266d0adf27d6091868ad445fd72b18604eac00e93013ec1ef522832bb99f10eb54c68"
			"31fc4913a42dc3e7be292253185d29f04fcfad95",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CBC_192_SHA384,
		.spi = 0xc0ffee02,
		.seq = 0x4d,
		.key = "a639cc2bd81c0c2f3ab282a911d25553f2cef678716faf382cf1328d8b679a78ea7e4519"
			"7f22ca2f2ef31c76dcfabf6eda06cf955d8197d58c08c5aedb4ea8c1784e77ff31aa01ad",
		.iv = "ac8398cc7d7e860a2dee7eb03c7ca868",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "1d2266d0adf27d6091868ad445fd72b18604eac00e93013ec1ef522832bb99f1e74fa809"
			"c8b2dd662284aabc21c96b27c05149c5906b650a",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CBC_192_SHA512,
		.esn = true,
		.spi = 0xc0ffee02,
		.seq = 0x7fffffff0,
		.key = "45245a1b8ffab83ca580af842db88468deeef5c3828ca958bc6e263d53b4b69627514f34"
			"7757d44bf305d0db7a4c8fb2bef8c63fe19cd746f37c4af30e482a35d4a59e5f286f5cbb"
			"cd00347967f81c7849e83f3b86607d0d",
		.iv = "2f2883b2efd367f7907c3007fad15b04",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "d9e97537ff2e7cff952f153d3e6566651eaeb9b00fa306b12e923c157791c92d0c194ba0"
			"7ae31e54f7b4ac76e7844d78a9b523fe78851208f1cb2f848ac1e649",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CBC_192_SHA512,
		.spi = 0xc0ffee02,
		.seq = 0x4d,
		.key = "45245a1b8ffab83ca580af842db88468deeef5c3828ca958bc6e263d53b4b69627514f34"
			"7757d44bf305d0db7a4c8fb2bef8c63fe19cd746f37c4af30e482a35d4a59e5f286f5cbb"
			"cd00347967f81c7849e83f3b86607d0d",
		.iv = "2f2883b2efd367f7907c3007fad15b04",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "d9e97537ff2e7cff952f153d3e6566651eaeb9b00fa306b12e923c157791c92d4eedf9fb"
			"88cc393836b1cd1927b11fd162714b5dbe275776bec09f8c53a63e0e",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CBC_256_SHA256,
		.esn = true,
		.spi = 0xc0ffee02,
		.seq = 0x7fffffff0,
		.key = "aed97bb2dc859e65ae4d9797a3b32c4bc079e575a00096ee95e86b22f9f4a894d8622d2e"
			"ec11f00674fa54b5adc08ae0d64b3b43fcfb1d595404a3baa81175fe",
		.iv = "805decb78d63ecb179eff3ce03785c1e",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "5867fafc04d46ca245c2cdf2049c782b8e6ea63c50483abfa976ba6b50b03d492a16de51"
			"e0d3ec025aa6f87244070aee",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CBC_256_SHA256,
		.spi = 0xc0ffee02,
		.seq = 0x4d,
		.key = "aed97bb2dc859e65ae4d9797a3b32c4bc079e575a00096ee95e86b22f9f4a894d8622d2e"
			"ec11f00674fa54b5adc08ae0d64b3b43fcfb1d595404a3baa81175fe",
		.iv = "805decb78d63ecb179eff3ce03785c1e",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "5867fafc04d46ca245c2cdf2049c782b8e6ea63c50483abfa976ba6b50b03d496f816b14"
			"cb13d4c463b259c13e0034d2",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CBC_256_SHA384,
		.esn = true,
		.spi = 0xc0ffee02,
		.seq = 0x7fffffff0,
		.key = "8fb944373f709c6b21dfb5fb492fa045e2b3079345e55eb8ec1d2efcffab8d88fc3072aa"
			"70e3846d4423a3597e47d3ce536230e22adecb24cb16921c6828feb593ac8645ded4b73e"
			"509803aa8df3dcb6",
		.iv = "43920f4758b9cf626cafac3a1cce4788",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "2a89750754cb9f9d4013cc7007bd3da2c89b3b08f582701a138ce2aefa2427aaf0d3fdcc"
			"d7c20fb3aeb3ef1f9606ef795800b2d995020528",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CBC_256_SHA384,
		.spi = 0xc0ffee02,
		.seq = 0x4d,
		.key = "8fb944373f709c6b21dfb5fb492fa045e2b3079345e55eb8ec1d2efcffab8d88fc3072aa"
			"70e3846d4423a3597e47d3ce536230e22adecb24cb16921c6828feb593ac8645ded4b73e"
			"509803aa8df3dcb6",
		.iv = "43920f4758b9cf626cafac3a1cce4788",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "2a89750754cb9f9d4013cc7007bd3da2c89b3b08f582701a138ce2aefa2427aa1896fb27"
			"cb806e2f516fd3e20adb6aa2d640c3d4f15d535f",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CBC_256_SHA512,
		.esn = true,
		.spi = 0xc0ffee02,
		.seq = 0x7fffffff0,
		.key = "be4267a42164b163284d83911da04c6d91210cb38a9aaeda8ffa2fbef5145f097e598e50"
			"c31bd176eec7701b6af49878eb10179fa97120d2f85a11eb8cfacdbf36abe2d836c9af60"
			"76b99091d7aa31e12c0973803b3978c2bea47db12d0b9309",
		.iv = "3507cd693c40f6581563bf54538538b7",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "c31b5007217a1653f7f28739cc927031d5c8e8129007feda827775a552af3226d1d48140"
			"7d167097ed14f893d90723d02e0549e51bb2806be5f4523a9507985f",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_AES_CBC_256_SHA512,
		.spi = 0xc0ffee02,
		.seq = 0x4d,
		.key = "be4267a42164b163284d83911da04c6d91210cb38a9aaeda8ffa2fbef5145f097e598e50"
			"c31bd176eec7701b6af49878eb10179fa97120d2f85a11eb8cfacdbf36abe2d836c9af60"
			"76b99091d7aa31e12c0973803b3978c2bea47db12d0b9309",
		.iv = "3507cd693c40f6581563bf54538538b7",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "c31b5007217a1653f7f28739cc927031d5c8e8129007feda827775a552af32269b5de57f"
			"86b5efdf3e8fb592f07f3e4ca0ca464fc1a00fb1afb321f5c8a41452",
	},
	{
		.source = "OpenSSL",
		.suite = ESPUDP_SUITE_CHACHA20_POLY1305,
		.esn = true,
		.spi = 0xc0ffee03,
		.seq = 0x7fffffff0,
		.key = "9b6bd47196158ef0e57131712533fc7b03178485ce89d7e971eb6a4e6fc46d3196c88402",
		.iv = "00000007fffffff0",
		.text = "4500001e000040004011a6bec0000201c0000202303132333435363738390004",
		.sealed = "4625886ed1889bd7f918a8723382322a95441320e466cb3c9895af1d9a50d02b0e06a46f"
			"f349c4346f9419b490fd1c82",
	},
};

#endif
