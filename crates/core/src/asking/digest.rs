//! What something says, as a number that every replica and every build finds alike.

/// FNV-1a of several texts. It tells apart what a server has asked and called before and after a change;
/// against forgery it need not hold, since the client answers as it likes anyway.
pub(super) fn digest<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> u64 {
    let mut hash = Fnv::default();
    for text in texts {
        hash.add(text);
        // Texts that are cut otherwise are others.
        hash.add(&[0xff]);
    }
    hash.0
}

/// FNV-1a, 64 bits.
pub(super) struct Fnv(pub(super) u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl std::io::Write for Fnv {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_same_for_ever() {
        let mut hash = Fnv::default();
        hash.add(b"foobar");
        assert_eq!(hash.0, 0x8594_4171_f739_67e8);
        let [a, b]: [&[&[u8]]; 2] = [&[b"a", b"bc"], &[b"ab", b"c"]];
        assert_ne!(digest(a.iter().copied()), digest(b.iter().copied()));
    }
}
