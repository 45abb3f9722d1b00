pref("extensions.syncd.pairings", "[]");
pref("extensions.syncd.control", "null");
