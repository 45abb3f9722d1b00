# What the plugin says outside of its views.

syncd-pair-title = Let syncd work with this Zotero?
# $name is what the program calls itself, $code is six digits that it shows too
syncd-pair-text =
    “{ $name }” asks to read your libraries, and to add and change items and collections in them.

    Allow it only if you have just run “syncd login --desktop”, and it shows this code:

    { $code }

    You can take it back at any time in Settings, under syncd.
syncd-pair-allow = Allow
syncd-pair-refuse = Don’t Allow

syncd-tokens-title = Programs that may work with this Zotero
syncd-tokens-about = Each was allowed by you, by name and on that day. A program that you take off this list has to ask again.
syncd-no-tokens = None. To let syncd in, run: syncd login --desktop
syncd-revoke = Take Back
    .aria-label = Take back what { $name } may do
