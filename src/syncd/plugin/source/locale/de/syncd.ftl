# What the plugin says outside of its views.

syncd-pair-title = Darf syncd mit diesem Zotero arbeiten?
# $name is what the program calls itself, $code is six digits that it shows too
syncd-pair-text =
    „{ $name }“ möchte Ihre Bibliotheken lesen und darin Einträge und Sammlungen anlegen und ändern.

    Erlauben Sie das nur, wenn Sie gerade „syncd login --desktop“ ausgeführt haben und es diesen Code zeigt:

    { $code }

    Sie können es jederzeit in den Einstellungen unter „syncd“ zurücknehmen.
syncd-pair-allow = Erlauben
syncd-pair-refuse = Nicht erlauben

syncd-tokens-title = Programme, die mit diesem Zotero arbeiten dürfen
syncd-tokens-about = Jedes haben Sie an diesem Tag unter diesem Namen erlaubt. Ein Programm, das Sie aus der Liste nehmen, muss neu fragen.
syncd-no-tokens = Keine. Um syncd hereinzulassen, führen Sie aus: syncd login --desktop
syncd-revoke = Zurücknehmen
    .aria-label = { $name } die Erlaubnis wieder nehmen
