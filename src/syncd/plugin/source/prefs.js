pref("extensions.syncd.tokens", "[]");
pref("extensions.syncd.control", "null");
