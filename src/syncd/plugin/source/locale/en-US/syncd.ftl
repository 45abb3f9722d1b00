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

syncd-pairings-title = Programs that may work with this Zotero
syncd-pairings-about = You allowed each of them. A program that you revoke has to ask again.
syncd-no-pairings = None. To let syncd in, run: syncd login --desktop
syncd-pairing-since = since { $day }
syncd-revoke =
    .label = Revoke
    .aria-label = Revoke what { $name } may do
syncd-removal-about = If you remove the plugin, this list goes with it. Papers and collections stay as they are.
