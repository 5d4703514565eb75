package dev.sixgate.mesh.crypto;

import static io.netty.buffer.ByteBufUtil.decodeHexDump;
import static io.netty.buffer.ByteBufUtil.hexDump;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChaCha20Poly1305Test {
    private static final String SUNSCREEN = "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f6620"
            + "2739393a204966204920636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572"
            + "652c2073756e73637265656e20776f756c642062652069742e";
    private static final String KEY = "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f";
    private static final String ASSOCIATED = "50515253c0c1c2c3c4c5c6c7";

    @ParameterizedTest
    @CsvSource({
        // RFC 8439 §2.8.2
        KEY + ",070000004041424344454647," + ASSOCIATED + "," + SUNSCREEN
                + ",d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71"
                + "de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def0"
                + "8e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691",
        // RFC 8439 appendix A.5
        "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0,000000000102030405060708,"
            + "f33388860000000000004e91,496e7465726e65742d4472616674732061726520647261667420646f63756d656e747320766"
            + "16c696420666f722061206d6178696d756d206f6620736978206d6f6e74687320616e64206d61792062652075706461746564"
            + "2c207265706c616365642c206f72206f62736f6c65746564206279206f7468657220646f63756d656e747320617420616e792"
            + "074696d652e20497420697320696e617070726f70726961746520746f2075736520496e7465726e65742d4472616674732061"
            + "73207265666572656e6365206d6174657269616c206f7220746f2063697465207468656d206f74686572207468616e2061732"
            + "02fe2809c776f726b20696e2070726f67726573732e2fe2809d,64a0861575861af460f062c79be643bd5e805cfd345cf389f"
            + "108670ac76c8cb24c6cfc18755d43eea09ee94e382d26b0bdb7b73c321b0100d4f03b7f355894cf332f830e710b97ce98c8a8"
            + "4abd0b948114ad176e008d33bd60f982b1ff37c8559797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c"
            + "867e4b9166c767b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc546a"
            + "0d072b04b3564eea1b422273f548271a0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a1049e61"
            + "7d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b02709beead9d67890cbb22392336fe"
            + "a1851f38"
    })
    void the_published_messages_are_sealed_and_opened(
            String key, String nonce, String associated, String plaintext, String sealed) {
        byte[] result = ChaCha20Poly1305.seal(
                decodeHexDump(key), decodeHexDump(nonce), decodeHexDump(associated), decodeHexDump(plaintext));
        assertThat(hexDump(result)).isEqualTo(sealed);
        assertThat(hexDump(ChaCha20Poly1305.open(
                        decodeHexDump(key), decodeHexDump(nonce), decodeHexDump(associated), result)))
                .isEqualTo(plaintext);
    }

    @Test
    void a_changed_bit_anywhere_opens_nothing() {
        byte[] key = decodeHexDump(KEY);
        byte[] nonce = new byte[12];
        byte[] associated = decodeHexDump(ASSOCIATED);
        byte[] sealed = ChaCha20Poly1305.seal(key, nonce, associated, decodeHexDump(SUNSCREEN));
        for (int i = 0; i < sealed.length; i++) {
            byte[] changed = sealed.clone();
            changed[i] ^= (byte) (1 << i % 8);
            assertThat(ChaCha20Poly1305.open(key, nonce, associated, changed)).isNull();
        }
        associated[0] ^= 1;
        assertThat(ChaCha20Poly1305.open(key, nonce, associated, sealed)).isNull();
        assertThat(ChaCha20Poly1305.open(key, nonce, associated, new byte[15])).isNull();
    }

    @Test // draft-irtf-cfrg-xchacha-03 §2.2.1
    void hchacha20_gives_the_published_subkey() {
        byte[] key = decodeHexDump("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
        byte[] nonce = decodeHexDump("000000090000004a0000000031415927");
        assertThat(hexDump(XChaCha20Poly1305.hChaCha20(key, nonce)))
                .isEqualTo("82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc");
    }

    @Test // draft-irtf-cfrg-xchacha-03 appendix A.3
    void the_published_message_is_sealed_and_opened_under_the_long_nonce() {
        byte[] key = decodeHexDump(KEY);
        byte[] nonce = decodeHexDump("404142434445464748494a4b4c4d4e4f5051525354555657");
        byte[] associated = decodeHexDump(ASSOCIATED);
        byte[] sealed = XChaCha20Poly1305.seal(key, nonce, associated, decodeHexDump(SUNSCREEN));
        assertThat(hexDump(sealed))
                .isEqualTo("bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f"
                        + "4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2"
                        + "383565d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49");
        assertThat(hexDump(XChaCha20Poly1305.open(key, nonce, associated, sealed)))
                .isEqualTo(SUNSCREEN);
        nonce[20] ^= 1;
        assertThat(XChaCha20Poly1305.open(key, nonce, associated, sealed)).isNull();
    }
}
